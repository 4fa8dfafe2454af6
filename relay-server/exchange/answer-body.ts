import { type FailureCode, type Outcome, targetSilenceMaxMs } from '#protocol'
import type { Lane, LaneEnding } from '../nodes/lane.ts'
import { freeBodyBytesMax, isChargeableStatus } from './charging.ts'
import type { AnswerBody, ExchangeEnding, TrafficBudget } from './exchange-ports.ts'

/** The node gives a silent target up after `targetSilenceMaxMs`; its word has this long to arrive. */
const nodeSilenceGraceMs = 5_000

type BodyOptions = {
  lane: Lane
  status: number
  budget: TrafficBudget
  /** Sums the exchange up once the lane has closed. */
  finish(outcome: Outcome, lane: LaneEnding): Promise<ExchangeEnding>
}

/**
 * The body of an answer, pulled by its reader. What the reader took is granted to the node again when it asks for more, so a
 * reader that stops makes the node stop, and the window is all that is ever held.
 */
export function createAnswerBody({ lane, status, budget, finish }: BodyOptions): AnswerBody {
  let taken = 0
  let cancelledWith: 'customer-left' | FailureCode | null = null
  const ending = lane.ending.then((laneEnding) => finish(cancelledWith ?? outcomeOf(laneEnding), laneEnding))

  const cancel = (outcome: 'customer-left' | FailureCode) => {
    if (lane.isClosed) return
    cancelledWith ??= outcome
    lane.stop(outcome === 'customer-left' ? null : outcome)
  }

  const grantTaken = async () => {
    const worthGranting = lane.consume(taken)
    taken = 0
    if (worthGranting === 0) return
    const granted = await budget.reserve(worthGranting)
    if (granted > 0) lane.grant(granted)
    else if (lane.waitsForGrant) cancel('balance-exhausted')
  }

  return {
    ending,
    cancel,
    async read() {
      await grantTaken()
      if (!isChargeableStatus(status) && lane.carriedUp > freeBodyBytesMax) cancel('answer-too-large')
      if (cancelledWith) return null
      const silence = setTimeout(() => cancel('node-timeout'), targetSilenceMaxMs + nodeSilenceGraceMs)
      const chunk = await lane.read()
      clearTimeout(silence)
      if (cancelledWith) return null
      taken = chunk?.length ?? 0
      return chunk
    },
  }
}

/** A body that the node cut at the customer's limit is not complete, though the node did its part. */
const outcomeOf = (ending: LaneEnding): Outcome =>
  ending.outcome === 'completed' && ending.truncated ? 'answer-too-large' : ending.outcome
