import type { CloseCode } from '#protocol'
import type { NotSharingReason } from '../messages/index.ts'
import { ExchangeFailure } from './exchange-failure.ts'

/** With which words a link ends when `reason` has come up: the lanes' failure and the link's goodbye. */
export function farewellFor(reason: NotSharingReason): { code: CloseCode; failure: ExchangeFailure } {
  switch (reason) {
    case 'address-lock-missing':
      return { code: 'node-unsafe', failure: unprotected }
    case 'paused-by-you':
      return { code: 'owner-paused', failure: paused }
    case 'outside-schedule':
    case 'you-are-here':
    case 'presence-unknown':
    case 'on-battery':
    case 'power-unknown':
    case 'data-saver':
    case 'connection-limited':
      return { code: 'owner-resting', failure: keptFree }
    case 'hour-cap-reached':
    case 'day-cap-reached':
    case 'month-cap-reached':
      return { code: 'owner-resting', failure: capReached }
    default:
      return { code: 'node-leaving', failure: noLongerShared }
  }
}

const unprotected = new ExchangeFailure(
  'node-unsafe',
  'this browser cannot keep requests out of the home network',
)
export const paused = new ExchangeFailure('owner-paused', 'the owner of this node paused')
const keptFree = new ExchangeFailure(
  'owner-paused',
  'the owner of this node keeps this hour or connection free',
)
const capReached = new ExchangeFailure('owner-cap', 'a limit that the owner of this node has set was reached')
export const noLongerShared = new ExchangeFailure('owner-paused', 'the owner of this node no longer shares')
export const relayChanged = new ExchangeFailure('owner-paused', 'the owner of this node chose another relay')
