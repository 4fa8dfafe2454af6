import type { Outcome } from '#protocol'

/** Answers that nobody pays for are cut after this much: an error page is small, and a large one would be a gift. */
export const freeBodyBytesMax = 256 * 1024

const chargedStatuses = new Set([404, 410])

/** A target's answer that the customer asked for and can use: 2xx, 3xx, 404, 410. */
export const isChargeableStatus = (status: number | null): boolean =>
  status !== null && ((status >= 200 && status < 400) || chargedStatuses.has(status))

/** Endings that are the customer's own doing do not make carried bytes free. */
const chargedOutcomes = new Set<Outcome>([
  'completed',
  'customer-left',
  'answer-too-large',
  'balance-exhausted',
])

/** Charged: a usable answer, whole or ended by the customer. Free: every failure of node, relay or target. */
export const isCharged = (status: number | null, outcome: Outcome): boolean =>
  isChargeableStatus(status) && chargedOutcomes.has(outcome)
