/**
 * The version of the wire. A relay and a node of different versions part with a `goodbye` that names the speaker's version.
 *
 * | version | what changed |
 * |---|---|
 * | 1 | the first: challenge, hello, welcome, exchanges in lanes with windows, cumulative receipts, the one-frame answer |
 * | 2 | terms in the hello and later, what a relay makes of a link, questions about the account, the customer's contact, the rate |
 */
export const PROTOCOL_VERSION = 2
