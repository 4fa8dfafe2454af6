export const popup = {
  points: 'ポイント',
  carriedToday: '今日運んだ量',
  carriedTotal: 'これまでの合計',
  inFlight: { one: '件を処理中', other: '件を処理中' },
  pause: '共有を一時停止',
  resume: '共有を再開',
  readAgreement: '共有の内容を読む',
  giveAccess: '同意書を開く',
  options: 'オプション',
  agreement: '同意した内容',
}
