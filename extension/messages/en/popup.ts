export const popup = {
  points: 'points',
  carriedToday: 'Carried today',
  carriedTotal: 'Carried in all',
  inFlight: { one: 'exchange in flight', other: 'exchanges in flight' },
  pause: 'Pause sharing',
  resume: 'Resume sharing',
  readAgreement: 'Read what sharing means',
  giveAccess: 'Open the agreement',
  options: 'Options',
  agreement: 'What I agreed to',
}
