import type { Outcome } from '#protocol'

/** Answers that nobody pays for are cut after this much: an error page is small, and a large one would be a gift. */
export const freeBodyBytesMax = 256 * 1024

const chargedStatuses = new Set([404, 410])

/** A target's answer that the customer asked for and can use: 2xx, 3xx, 404, 410. */
export const isChargeableStatus = (status: number | null): boolean =>
  status !== null && ((status >= 200 && status < 400) || chargedStatuses.has(status))

/** Endings that lie with the customer do not make carried bytes free: one that is suspended is paid for like one that left. */
const chargedOutcomes = new Set<Outcome>([
  'completed',
  'customer-left',
  'answer-too-large',
  'balance-exhausted',
  'customer-suspended',
])

/** Charged: a usable answer, whole or ended on the customer's side. Free: every failure of node, relay or target. */
export const isCharged = (status: number | null, outcome: Outcome): boolean =>
  isChargeableStatus(status) && chargedOutcomes.has(outcome)
