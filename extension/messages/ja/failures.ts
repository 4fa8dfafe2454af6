import type { CommandFailureCode } from '../commands.ts'
import type { RelayUrlProblem } from '../relay-url.ts'

export const failures = {
  'consent-outdated': '文面が変わりました。このページを再読み込みし、読み直してから決めてください。',
  'consent-missing': 'まだ同意していません。先に同意書を読んでください。',
  'host-access-missing':
    'ブラウザのアクセスが許可されませんでした。もう一度「同意して回線を共有する」を押して許可してください。',
  'relay-url-invalid': 'そのリレーは使えません。',
  'questions-open': '先にすべての質問に答えてください。',
  'settings-invalid': '保存できませんでした。',
  'recovery-code-invalid': '復元コードの形になっていません。抜けや打ち間違いがないか確認してください。',
  'recovery-code-unknown': 'リレーはこのコードを知りません。新しいコードに置き換えられた可能性があります。',
  'too-many-tries': '試行回数が多すぎます。数分待ってからやり直してください。',
  'relay-not-reached': 'リレーに届かなかったため、何も変更していません。接続してからもう一度お試しください。',
  'managed-by-organisation': 'この項目は組織が固定しています。',
  'unknown-command': 'このページは拡張機能より古いものです。閉じて開き直してください。',
  'background-failed': '実行できませんでした。もう一度お試しください。',
  'background-unreachable':
    'Fallow が応答しませんでした。ページを開き直し、それでも直らない場合はブラウザを再起動してください。',
} satisfies Record<CommandFailureCode, string>

export const relayUrlProblems = {
  'not-an-address': 'Web アドレスではありません。https://relay.example.org のように全体を入力してください。',
  'not-http': 'アドレスは https:// で始めてください。',
  'plain-http-off-loopback':
    'アドレスは https:// で始めてください。http:// が使えるのは、http://127.0.0.1 や http://[::1] と書いた、このパソコン上のリレーだけです。',
  'has-credentials': '名前とパスワードは不要です。この拡張機能は自分の鍵で認証します。',
  'has-path': 'ホストとポートより後ろは入力しないでください。',
} satisfies Record<RelayUrlProblem, string>
