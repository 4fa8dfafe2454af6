import { lanesMax, lanesPerHostMax } from '#protocol'
import type { ConsentText } from './consent-text.ts'

export const consentTextEn: ConsentText = {
  sha256: '1e547fd548359e94d9db466467edbf913eab286ab25218ea74401a5559122bbb',
  title: 'Before you share',
  lead: 'Fallow lets other people’s programs fetch web pages through this browser, and counts points for you. Nothing connects and nothing is fetched until you agree.',
  sections: [
    {
      heading: 'In short',
      points: [
        'Customers use your connection, and it costs you data.',
        'The sites they fetch see your IP address.',
        'Your logins, your files and your own browsing stay out of it, and no request reaches your home network.',
        'You see every exchange, you set the limits, and you can pause or withdraw at any time.',
      ],
    },
    {
      heading: 'What will happen',
      points: [
        'Customers of a relay, among them companies that gather data for AI, ask for web pages. Your browser fetches some of them in the background and sends the answers to the relay, which hands them to the customer.',
        'This uses your internet connection and its data allowance. It happens while this browser runs, as far as your answers below and your limits in the options allow.',
        'When an answer is stopped half way, your browser may already have read up to 64 MB of it ahead. Your provider counts those bytes, and they earn nothing.',
        'Customers pay the operator of the relay for the traffic. You are credited 1 point for each MiB carried for a customer. Points are entries in a ledger that you can see. They are not money, and nobody promises that they will become money.',
      ],
    },
    {
      heading: 'Who can use your connection',
      points: [
        'Anyone to whom the operator of the relay has given a key and traffic. Each of them has a name, a declared purpose and a contact; you see them with every exchange, and you can refuse any of them.',
        'A published policy refuses some pages to all customers: logins of governments, banks and webmail, the creation of accounts, payments, and clicks on advertisements. Sites that have opted out are left alone.',
        'Every request and answer passes through the relay, so its operator is able to see them. The relay’s address is in the options, and you can change it unless your organisation has fixed it.',
      ],
    },
    {
      heading: 'What never happens',
      points: [
        'Your cookies, logins and passwords are never sent with these requests. The sites do not know them as yours.',
        'Your files are not read, and the pages you visit yourself are neither watched nor changed. Your browser will word the access it asks for very broadly; Fallow uses it only for the requests described here.',
        'No request reaches your home network. In Chromium browsers the network layer itself refuses every address that is not public. Firefox has no such lock: there Fallow looks the address up first, fetches https alone, and drops an answer from such an address before it is read. For a name that only your browser can resolve to a device at home, a connection to that device may be opened and closed again without any request. If such an address answers all the same, or your own public address does, the answer is dropped, sharing stops and you are told.',
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
      ],
    },
    {
      heading: 'The limits',
      points: [
        `At most ${lanesMax} requests at once, and at most ${lanesPerHostMax} of them to one site. You can allow fewer.`,
        'Only ordinary web addresses: http and https on ports 80 and 443.',
        'In the options you set caps for each hour, day and month, a speed limit, the hours of the week, and which kinds of sites, sites and customers you refuse. Until you set a cap there is none.',
      ],
    },
    {
      heading: 'What is kept here',
      points: [
        'This browser keeps a log of what went through it: time, host of the site, method, status, bytes, customer, outcome and points; never the path of a page and never its contents. It is kept for 30 days unless you choose otherwise, and is sent nowhere.',
        'It also keeps its own key, your settings, the receipts and totals of what it carried, the points the relay last told it, and the version, language, hash and time of this agreement.',
        'If an answer came from an address in your home network, or from your own public one, it keeps that address and the site’s host, so that it can tell you why sharing stopped.',
      ],
    },
    {
      heading: 'What the relay keeps',
      points: [
        'For the points: the site’s host, when, for whom, how many bytes, how it ended and which node carried it; your account, which is a random number; this browser’s public key, its receipts, what family of browser it is, and when it first and last connected.',
        'Against abuse: for each exchange the host of the site together with your IP address, stored encrypted. This is kept for up to 90 days, so that a complaint about your address leads to the customer who caused it.',
        'None of these lines holds a path, a query or any contents.',
        'Your rules: the kinds of sites, up to 200 sites and the customers that you refuse or allow, so that you are not asked for what you refuse.',
      ],
    },
    {
      heading: 'How to stop',
      points: [
        'Pause in the popup, take the access away in the browser’s settings, or remove the extension. Each of them stops sharing at once.',
        '“Withdraw and delete everything” in the options deletes this browser’s key, log and settings and gives the access back. The relay forgets this browser too, but for what a ledger must keep: the lines and postings of your account, the receipts, and the public key they were signed with. The records against abuse stay until their 90 days are over.',
        'Points stay with your account. After a deletion only another device of yours, or a recovery code that you made before, reaches them.',
        'If this text changes you are asked again, and nothing is shared until you answer.',
      ],
    },
  ],
  changes: [
    'You see and can refuse single customers, sites and kinds of sites.',
    'Caps, a speed limit, a weekly plan and a mode are yours to set, and three questions are asked below.',
    'The relay keeps your address, encrypted, with the site’s host for up to 90 days, against abuse.',
    'You can withdraw and have everything deleted, and this page says what stays.',
  ],
}
