/**
 * The vocabulary of the books. A posting moves an amount of one asset from a source to a destination, so the sum
 * over all ledger accounts of an asset is zero by construction.
 */

/** `traffic` is counted in bytes, `points` in units (1 point = 1,000,000 units). */
export type Asset = 'traffic' | 'points'

export type PostingKind =
  /** issuance:traffic ▸ customer: prepaid traffic is bought */
  | 'issue'
  /** customer ▸ hold: traffic is set aside at a relay */
  | 'hold'
  /** hold ▸ customer: what was not used goes back */
  | 'release'
  /** hold or customer ▸ carried:traffic: the customer pays for bytes carried */
  | 'charge'
  /** goodwill:traffic ▸ carried:traffic: the attempt is free for the customer */
  | 'goodwill'
  /** goodwill:traffic ▸ carried:traffic: the attempt is charged, but the balance is used up */
  | 'uncovered'
  /** goodwill:traffic ▸ carried:traffic: receipted bytes that no attempt row explains */
  | 'recovered'
  /** issuance:points ▸ account: the points of a link's carried bytes */
  | 'earn'
  /** account ▸ account: the points of an account whose last node was attached to another one */
  | 'join'

export type Posting = {
  asset: Asset
  source: string
  destination: string
  /** More than zero. */
  amount: bigint
  kind: PostingKind
  /** What it was for: a customer, a hold, a link, or `exchangeId/attempt`. */
  ref: string
}

export const trafficIssuance = 'issuance:traffic'
export const carriedTraffic = 'carried:traffic'
export const goodwillTraffic = 'goodwill:traffic'
export const pointsIssuance = 'issuance:points'

/** Every posting of their asset touches them, so they are locked last and for the shortest time. */
export const systemAccounts: readonly string[] = [
  carriedTraffic,
  goodwillTraffic,
  pointsIssuance,
  trafficIssuance,
]

export const customerBalance = (customerId: string) => `customer:${customerId}`
export const holdBalance = (holdId: string) => `hold:${holdId}`
export const pointsBalance = (accountId: string) => `account:${accountId}`

/** The name of an attempt in the journal. */
export const attemptRef = (exchangeId: string, attempt: number) => `${exchangeId}/${attempt}`

/** What a set of postings adds to each ledger account, in the order of their names. */
export function netOf(postings: readonly Posting[]): Map<string, bigint> {
  const net = new Map<string, bigint>()
  for (const { source, destination, amount } of postings) {
    net.set(source, (net.get(source) ?? 0n) - amount)
    net.set(destination, (net.get(destination) ?? 0n) + amount)
  }
  return new Map([...net].sort(([a], [b]) => (a < b ? -1 : 1)))
}
