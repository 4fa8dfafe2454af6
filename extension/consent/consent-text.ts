import { lanesMax, lanesPerHostMax } from '#protocol'

/**
 * What the owner agrees to. One module, so that the page that shows it and the background that checks the answer speak
 * of the same words. A change of any word changes the hash: give it a new version, and a test tells the new hash.
 */

export type ConsentSection = { heading: string; points: string[] }

export const consentVersion = '2'

/** SHA-256 of `consentPlainText()` in UTF-8, lower-case hex. */
export const consentSha256 = '0641f4107334c4f7e95ac0246d32a1132146a9e27af209f267acc11214733e58'

export const consentTitle = 'Before you share'

export const consentLead =
  'Fallow lets other people’s programs fetch web pages through this browser, and counts points for you. Nothing connects and nothing is fetched until you agree.'

export const consentSections: ConsentSection[] = [
  {
    heading: 'In short',
    points: [
      'Customers use your connection, and it costs you data.',
      'The sites they fetch see your IP address.',
      'Your logins, your files and your own browsing stay out of it, and no request reaches your home network.',
      'You see when it happens, and you can pause at any time.',
    ],
  },
  {
    heading: 'What will happen',
    points: [
      'Customers of a relay ask for web pages. Your browser fetches some of them in the background and sends the answers to the relay, which hands them to the customer.',
      'This uses your internet connection and its data allowance. It happens whenever this browser runs, until you pause.',
      'You are credited 1 point for each MiB carried for a customer. Points are entries in a ledger that you can see. They are not money, and nobody promises that they will become money.',
    ],
  },
  {
    heading: 'Who can use your connection',
    points: [
      'Anyone to whom the operator of the relay has given a key and traffic. The operator decides who; in this version you cannot choose or refuse a single customer.',
      'Every request and answer passes through the relay, so its operator is able to see them. The relay’s address is in the options, and you can change it.',
    ],
  },
  {
    heading: 'What never happens',
    points: [
      'Your cookies, logins and passwords are never sent with these requests. The sites do not know them as yours.',
      'Your files are not read, and the pages you visit yourself are neither watched nor changed. Your browser will word the access it asks for very broadly; Fallow uses it only for the requests described here.',
      'No request reaches your home network. The browser’s own network layer refuses every address that is not public. For a name that only your browser can resolve to a device at home, it may open a connection to that device and close it again without sending a byte. If such an address answers all the same, or your own public address does, the answer is dropped, sharing stops and you are told.',
      'No code of a customer runs. Answers are passed on as bytes, and scripts in them stay asleep.',
      'Nothing is hidden. The icon shows when you share, and pausing ends everything within a second.',
    ],
  },
  {
    heading: 'Who sees your address',
    points: [
      'The site that is fetched sees your IP address and which browser you use, as if you had come yourself. If a customer misbehaves there, the site may show you puzzles, block your address, or complain to your provider.',
      'The relay sees your IP address and works out your country from it.',
      'A customer is told your country and a made-up name for this browser, not your address. But a customer can learn the address by asking for a page that shows it.',
      'This browser sees the whole of each request and answer as it passes, and keeps neither. If an answer came from an address in your home network, or from your own public one, it keeps the address and the site’s host, so that it can tell you why sharing stopped.',
    ],
  },
  {
    heading: 'The limits that apply now',
    points: [
      `At most ${lanesMax} requests at once, and at most ${lanesPerHostMax} of them to one site.`,
      'Only ordinary web addresses: http and https on ports 80 and 443.',
      'There is no daily cap and no speed limit in this version. If you pay for data by volume, say no. You can pause at any time.',
    ],
  },
  {
    heading: 'What is kept',
    points: [
      'The relay keeps a line for each request: the site’s host, when, for whom, how many bytes, how it ended, and which node carried it. Points are computed from these lines. It also keeps this browser’s public key, what family of browser it is, and when it first and last connected; its log has your country. This version deletes none of it.',
      'The relay holds your IP address in memory while this browser is connected. This version of its software writes the address nowhere; other software that the operator runs may.',
      'The log names the host of a site, never the path of a page and never its contents.',
      'This browser keeps its own key; the receipts and totals of what it carried, and the points the relay last told it; the relay’s address, and why it refused this browser if it did; whether you paused; and the version, hash and time of this agreement.',
    ],
  },
  {
    heading: 'How to stop',
    points: [
      'Pause in the popup, take the access away in the browser’s settings, or remove the extension. Each of them stops sharing at once.',
    ],
  },
]

/** The words that are hashed: title, lead, and each section's heading and points, one a line. */
export function consentPlainText(): string {
  const sections = consentSections.flatMap(({ heading, points }) => ['', heading, ...points])
  return [consentTitle, consentLead, ...sections].join('\n')
}
