import type { SharingMode } from '../owner-settings.ts'

export const questions = {
  heading: '3 つの質問',
  lead: 'あらかじめ選ばれた答えはありません。どれも後からオプションで変えられます。',
  mode: {
    legend: 'いつ共有してよいですか?',
    answers: {
      'when-away': {
        label: '席を外している間だけ',
        hint: '画面がロックされているか、しばらく操作がないときに始まり、戻ると止まります。',
      },
      gently: {
        label: '使用中は控えめに',
        hint: 'パソコンの使用中は同時に少しだけ、離れている間は制限なく運びます。',
      },
      always: { label: 'いつでも', hint: 'このブラウザが動いている間、設定した上限の範囲で共有します。' },
    } satisfies Record<SharingMode, { label: string; hint: string }>,
  },
  unlimited: {
    legend: '回線は使い放題ですか?',
    yes: { label: 'はい、通信量が増えても料金は変わりません', hint: '' },
    no: {
      label: 'いいえ、容量制限や従量料金があります',
      hint: 'この場合、オプションで月の上限を設定するまで何も共有しません。',
    },
  },
  battery: {
    legend: 'バッテリーで動いている間も共有しますか?',
    yes: { label: 'はい、バッテリーのときも', hint: '' },
    no: {
      label: 'いいえ、電源につないでいるときだけ',
      hint: 'バッテリーのないパソコンは、電源につないでいるものと見なします。',
    },
  },
}
