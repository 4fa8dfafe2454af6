import type { EarningHint, NotSharingReason } from '../owner-view.ts'

/** One sentence for each reason: why nothing is shared and, where there is something to do, what. */
export const notSharing = {
  'consent-not-given': 'You have not agreed yet. Nothing is fetched and nothing connects until you do.',
  'consent-declined': 'You said no, so nothing connects. You can read the text again whenever you like.',
  'consent-changed':
    'The agreement has changed. Nothing is shared until you have read the new one and agreed.',
  'questions-open':
    'Questions about your connection are open. Answer them in the agreement, and sharing begins.',
  'switched-off-by-organisation':
    'Your organisation has switched Fallow off. Ask whoever manages this browser.',
  'paused-by-you': 'You paused. Nothing connects until you resume.',
  'outside-schedule': 'This hour is not in your weekly plan. It begins again by itself.',
  'you-are-here': 'You are using this computer. Fallow begins when you are away, as you chose.',
  'presence-unknown':
    'The browser no longer says whether you are here, so nothing is shared. Choose another mode in the options.',
  'on-battery': 'This computer runs on battery. Fallow begins when it is plugged in, as you chose.',
  'power-unknown':
    'The browser no longer says whether this computer runs on battery, so nothing is shared. Allow battery in the options to go on.',
  'data-saver': 'The browser saves data, so nothing is shared. Switch its data saver off to share.',
  'connection-limited':
    'You told us that this connection is limited. Set a monthly cap in the options, and sharing stays below it.',
  'hour-cap-reached': 'This hour’s cap is reached. Fallow begins again with the next hour.',
  'day-cap-reached': 'Today’s cap is reached. Fallow begins again tomorrow.',
  'month-cap-reached': 'This month’s cap is reached. Fallow begins again on your reset day.',
  connecting: 'Connecting to the relay. This takes a few seconds.',
  'relay-unreachable':
    'The relay does not answer. Fallow keeps trying; check your connection or the relay’s address in the options.',
  'relay-refused': 'The relay refused this browser. Check the relay’s address in the options.',
  'relay-draining': 'The relay is restarting. Fallow connects again by itself.',
  'version-mismatch': 'This extension and the relay speak different versions. Update the extension.',
  'permission-missing':
    'The browser no longer lets Fallow fetch pages. Open the agreement and give the access again.',
  'address-lock-missing':
    'This browser cannot lock Fallow out of your home network, so nothing is shared here. Update it, or use a Chromium browser.',
  'private-address-answered':
    'An address inside a home network answered a request. It was dropped and sharing stopped, to protect your devices.',
  'replaced-by-another-install':
    'Another browser with the same key took over. Resume here if this is the one that should share.',
} satisfies Record<NotSharingReason, string>

export const status = {
  silent:
    'Fallow does not answer. Close this popup and open it again; if that does not help, restart the browser.',
  looking: 'Looking…',
  sharing: 'Sharing',
  off: 'Not sharing',
  paused: 'Paused',
  resting: 'Resting',
  connecting: 'Connecting',
  working: 'Pages travel through this browser now.',
  waiting: 'Ready and connected. Waiting for the next page.',
}

/** What holds the earnings down, and what to do about it. */
export const hints = {
  'not-sharing': {
    what: 'This browser is not sharing now.',
    todo: 'The sentence at the top says why.',
  },
  'no-demand': {
    what: 'Customers ask for little at the moment.',
    todo: 'Nothing is wrong here. Leave it on, and it earns when they come.',
  },
  'rules-refuse-much': {
    what: 'Your own rules refuse much of what is asked for.',
    todo: 'Look through your categories and sites in the options.',
  },
  'resting-after-failures': {
    what: 'Several pages failed here in a row, so the relay gives this browser a short rest.',
    todo: 'It ends by itself. If it comes back often, check your connection.',
  },
  slow: {
    what: 'Answers from here are slower than those of others, so others are asked first.',
    todo: 'A cable or a better Wi-Fi spot helps, and so does a higher speed limit in the options.',
  },
  'few-hours': {
    what: 'Your weekly plan, mode or caps leave few hours to share in.',
    todo: 'Allow more hours in the options if you like.',
  },
  'few-lanes': {
    what: 'You allow only a few pages at once.',
    todo: 'Allow more of them in the options if you like.',
  },
  'http-not-offered': {
    what: 'This browser carries https pages alone, because it cannot be locked out of your home for http.',
    todo: 'A Chromium browser carries both.',
  },
  'just-linked': {
    what: 'This browser has just connected, and the relay still gets to know it.',
    todo: 'Give it an hour.',
  },
} satisfies Record<EarningHint, { what: string; todo: string }>
