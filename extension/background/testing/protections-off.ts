import { checkTargetUrl as checkAsShipped, isAllowedAddress } from '#addresses'
import { addressLock as lockAsShipped } from '../../platform/address-lock.ts'
import { findHomeProtection as findAsShipped, type HomeProtection } from '../../platform/home-protection.ts'
import { ordersIn as readAsShipped } from '../answer-orders.ts'
import { layersOffMark } from './layers-off-mark.ts'

/**
 * What a test build can do without. `lock`: the browser's lock, or the look-up of names and https alone that stand in its place.
 * `lock-word`: the browser does not say that it has either.
 */
declare const __FALLOW_LAYERS_OFF__: readonly ('node-check' | 'lock' | 'tripwire' | 'lock-word' | 'orders')[]

console.warn(layersOffMark, __FALLOW_LAYERS_OFF__)

const isOff = (layer: (typeof __FALLOW_LAYERS_OFF__)[number]): boolean =>
  __FALLOW_LAYERS_OFF__.includes(layer)

/** Stands in the place of `../protections.ts` in test builds alone. */
export const checkTargetUrl: typeof checkAsShipped = (text, rules) => {
  const url = isOff('node-check') ? URL.parse(text) : null
  return url ? { ok: true, url } : checkAsShipped(text, rules)
}

export const isAllowedAnswer: typeof isAllowedAddress = (address, port, rules) =>
  isOff('tripwire') || isAllowedAddress(address, port, rules)

export const addressLock = isOff('lock') ? {} : lockAsShipped

export const ordersIn: typeof readAsShipped = (answer, rules) =>
  isOff('orders') ? null : readAsShipped(answer, rules)

export function findHomeProtection(): HomeProtection | null {
  if (isOff('lock-word')) return null
  return isOff('lock') ? { kind: 'lock' } : findAsShipped()
}
