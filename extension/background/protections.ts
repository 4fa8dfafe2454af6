/**
 * The walls before the owner's home that stand in this extension: its own check before the fetch, the browser's lock on the
 * connection or what stands in its place, the tripwire's judgement of the
 * address that answered, and the look for what an answer has the browser do later. Whoever needs one takes
 * it from here, so that a test build can stand `testing/protections-off.ts` in this file's place. What is shipped has no switch
 * for any of them.
 */
export { checkTargetUrl, isAllowedAddress as isAllowedAnswer } from '#addresses'
export { addressLock } from '../platform/address-lock.ts'
export { findHomeProtection } from '../platform/home-protection.ts'
export { ordersIn } from './answer-orders.ts'
