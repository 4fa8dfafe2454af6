import type { NotSharingReason } from './owner-view.ts'

/** One sentence for each reason: why nothing is shared and, where there is something to do, what. */
const notSharing = {
  'consent-not-given': 'You have not agreed yet. Nothing is fetched and nothing connects until you do.',
  'consent-declined': 'You said no, so nothing connects. You can read the text again whenever you like.',
  'consent-changed':
    'The agreement has changed. Nothing is shared until you have read the new one and agreed.',
  'questions-open':
    'Two questions about your connection are open. Answer them in the agreement, and sharing begins.',
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
} as const satisfies Record<NotSharingReason, string>

/** Every word the pages show, but the agreement, which has its own module and version. */
export const en = {
  notSharing,
  status: {
    unknown: 'Looking…',
    silent:
      'Fallow does not answer. Close this popup and open it again; if that does not help, restart the browser.',
    sharing: 'Sharing',
    off: 'Not sharing',
    connecting: 'Connecting',
    working: 'Pages travel through this browser now.',
    waiting: 'Ready and connected. Waiting for the next page.',
  },
  popup: {
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
  },
  consent: {
    agree: 'I agree, share my connection',
    decline: 'No, share nothing',
    browserAsksNext:
      'After this click your browser asks for access to all websites. Without it nothing can be fetched.',
    accessDenied:
      'The browser’s access was not given, so nothing is shared. Click “I agree” again and allow it there, or say no.',
    agreed: 'You agreed. Fallow connects now.',
    agreedHint:
      'The icon in the toolbar shows the state and the points. You can pause there at any time. This tab may be closed.',
    declined: 'You said no. Nothing connects and nothing is fetched.',
    declinedHint: 'You can change your mind on this page, or remove the extension. This tab may be closed.',
    agreedBefore: 'You agreed to this text on',
    version: 'Version',
  },
  options: {
    title: 'Options',
    relay: 'Relay',
    relayLabel: 'Address of the relay',
    relayHint:
      'Whoever runs the relay decides whose requests you carry. Points earned with one relay stay with that relay.',
    save: 'Save',
    saved: 'Saved. Fallow dials this relay from now on.',
    link: 'Link',
    linkedSince: 'open since',
    notLinked: 'not open',
    node: 'This browser as a node',
    nodeId: 'Node',
    noNodeId: 'none yet: it is made when you agree',
    country: 'Country, as the relay sees it',
    unknownCountry: 'not known',
    extension: 'Extension',
    consent: 'Your agreement',
    consentVersion: 'Version',
    consentAt: 'Agreed on',
    consentHash: 'SHA-256 of the text',
    noConsent: 'You have not agreed to anything, and nothing is shared.',
    readText: 'Read the text',
    readAhead: 'What browsers read ahead',
    readAheadText:
      'When an exchange is stopped, because you paused or the customer left, nothing more is sent to the relay from that moment. But the browser itself may already have read up to 64 MB of that answer ahead. Those bytes came over your connection and your provider counts them, although they are not carried and earn nothing.',
  },
} as const
