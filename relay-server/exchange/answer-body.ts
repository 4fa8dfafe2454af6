import { type FailureCode, type Outcome, targetSilenceMaxMs } from '#protocol'
import type { Lane, LaneEnding, LaneHead } from '../nodes/lane.ts'
import { freeBodyBytesMax, isChargeableStatus } from './charging.ts'
import type { AnswerBody, ExchangeEnding, PackingFault } from './exchange-ports.ts'
import type { WindowFunds } from './window-funds.ts'

/** A well compressed body is never larger than its decoded form by more than this: gzip's own headers, generously. */
const gzipBytesExtra = 64 * 1024
const gzipPartExtra = 0.01

/** How long a body may stand still; tests shorten it. */
export type SilenceLimits = {
  /** The node gives a silent target up after `targetSilenceMaxMs`; its word has a little longer to arrive. */
  nodeMs: number
  /** A customer that takes nothing for so long has left, as far as the node's lane is concerned. */
  customerMs: number
  checkEveryMs: number
}
export const silenceLimitsDefault: SilenceLimits = {
  nodeMs: targetSilenceMaxMs + 5_000,
  customerMs: targetSilenceMaxMs,
  checkEveryMs: 2_500,
}

type BodyOptions = {
  lane: Lane
  head: LaneHead
  funds: WindowFunds
  answerBytesMax: number | null
  silence: SilenceLimits
  judgesBody: boolean
  /** Sums the exchange up once the lane has closed. */
  finish(outcome: Outcome, lane: LaneEnding): Promise<ExchangeEnding>
}

/**
 * The body of an answer, pulled by its reader. What the reader took is granted to the node again when it asks for more, so a
 * reader that stops makes the node stop, and the window is all that is ever held.
 */
export function createAnswerBody({
  lane,
  head,
  funds,
  answerBytesMax,
  silence,
  judgesBody,
  finish,
}: BodyOptions): AnswerBody {
  const carriedBytesMax = mostCarriedBytes(head, answerBytesMax)
  let taken = 0
  let cancelledWith: 'customer-left' | FailureCode | null = null

  const cancel = (outcome: 'customer-left' | FailureCode) => {
    if (lane.isClosed || cancelledWith) return
    cancelledWith = outcome
    lane.stop(outcome === 'customer-left' ? null : outcome)
  }
  const watch = watchSilence(lane, silence, cancel)
  const verdict = Promise.withResolvers<PackingFault>()
  if (!judgesBody) verdict.resolve(null)
  const ending = lane.ending.then(async (laneEnding) => {
    watch.end()
    const fault = await verdict.promise
    return finish(cancelledWith ?? outcomeOf(laneEnding, { fault, answerBytesMax }), laneEnding)
  })

  const granted = (bytes: number) => {
    if (bytes > 0) lane.grant(bytes)
    else if (lane.waitsForGrant) cancel('balance-exhausted')
  }

  const grantTaken = (): void | Promise<void> => {
    const worthGranting = lane.consume(taken)
    taken = 0
    if (worthGranting === 0) return
    const reserved = funds.reserve(worthGranting)
    if (typeof reserved === 'number') return granted(reserved)
    return reserved.then(granted, () => cancel('relay-failed'))
  }

  const next = async (): Promise<Uint8Array | null> => {
    for (;;) {
      if (!cancelledWith && lane.carriedUp > carriedBytesMax) cancel('answer-too-large')
      // Stopped here, or by the link itself: what comes now is for nobody, and `ending` says the rest.
      if (lane.isStopped) return null
      const piece = lane.take()
      if (piece) {
        taken = piece.length
        watch.turnTo('customer')
        return piece
      }
      if (lane.isClosed) return null
      await lane.pieceOrEnd()
    }
  }

  return {
    ending,
    cancel,
    judge: verdict.resolve,
    read() {
      watch.turnTo('node')
      const granting = grantTaken()
      return granting ? granting.then(next) : next()
    },
  }
}

/** What the node may send in all. It cuts at the customer's limit by itself; this holds a node that does not. */
function mostCarriedBytes({ status, encoding }: LaneHead, answerBytesMax: number | null): number {
  const freeMax = isChargeableStatus(status) ? Number.POSITIVE_INFINITY : freeBodyBytesMax
  if (answerBytesMax === null) return freeMax
  const asked = encoding === 'gzip' ? answerBytesMax * (1 + gzipPartExtra) + gzipBytesExtra : answerBytesMax
  return Math.min(freeMax, asked)
}

/** A body that the node cut at the customer's limit is not complete, though the node did its part; one packed badly is its failure. */
function outcomeOf(
  ending: LaneEnding,
  { fault, answerBytesMax }: { fault: PackingFault; answerBytesMax: number | null },
): Outcome {
  if (ending.outcome !== 'completed') return ending.outcome
  if (fault === 'broken' || (fault === 'unfinished' && !ending.truncated)) return 'node-failed'
  if (!ending.truncated) return ending.outcome
  return answerBytesMax === null ? 'node-failed' : 'answer-too-large'
}

/** One timer for a body, however many pieces it has: looks whose turn it is, and for how long. */
function watchSilence(
  lane: Lane,
  limits: SilenceLimits,
  cancel: (outcome: 'customer-left' | 'node-timeout') => void,
) {
  let turn: 'node' | 'customer' = 'customer'
  let since = performance.now()
  const look = () => {
    const silentMs = performance.now() - since
    if (turn === 'node' && silentMs > limits.nodeMs) cancel('node-timeout')
    if (turn === 'customer' && silentMs > limits.customerMs) cancel('customer-left')
  }
  const timer = lane.isClosed ? undefined : setInterval(look, limits.checkEveryMs)
  return {
    turnTo(whose: 'node' | 'customer'): void {
      turn = whose
      since = performance.now()
    },
    end: () => clearInterval(timer),
  }
}
