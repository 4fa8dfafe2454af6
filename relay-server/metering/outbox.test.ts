import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Receipt } from '#protocol'
import { type AttemptRecord, createOutbox, type ReceiptToPost } from './outbox.ts'
import type { LinkPosting, PostingResult } from './posting-ledger.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

const resultOf = ({ linkId, receipt }: LinkPosting): PostingResult => ({
  ...{ linkId, sequence: receipt.sequence, settled: true },
  ...{ accountUnits: 0n, nodeCarriedBytes: 0n },
})
const toPost = (linkId: string, sequence: number, attempts: AttemptRecord[] = []): ReceiptToPost => {
  const counters = { exchanges: 1, upFrames: 1, carriedUp: sequence, carriedDown: 0 }
  const receipt: Receipt = {
    relayId: 'r',
    nodeId: 'n',
    linkId,
    sequence,
    ...counters,
    atUnixMs: 1,
    signature: 's',
  }
  return { receipt, counterSignature: null, attempts }
}
const refusal = (code: string) => Object.assign(new Error(`refused: ${code}`), { code })

/** An outbox before a ledger of which the test decides what it does with each call. */
function outboxWith(
  decide: (postings: LinkPosting[], call: number) => Error | null | Promise<void> = () => null,
) {
  const calls: string[][] = []
  const posted: string[] = []
  const logged: string[] = []
  const attemptPosted = vi.fn()
  const outbox = createOutbox({
    ledger: {
      async post(postings) {
        calls.push(postings.map(({ linkId, receipt }) => `${linkId}${receipt.sequence}`))
        const decision = decide(postings, calls.length)
        if (decision instanceof Error) throw decision
        await decision
        return postings.map(resultOf)
      },
    },
    attemptPosted,
    log: {
      warn: (_fields, sentence) => void logged.push(sentence),
      error: (_fields, sentence) => void logged.push(sentence),
    },
  })
  const add = (linkId: string, sequence: number, attempts?: AttemptRecord[]) =>
    outbox.add(
      toPost(linkId, sequence, attempts),
      (result) => void posted.push(`${result.linkId}${result.sequence}`),
    )
  return { outbox, add, calls, posted, logged, attemptPosted }
}

test('receipts of many links go into one transaction, two of one link into two, in order', async () => {
  const { outbox, add, calls, posted } = outboxWith()
  for (const [link, sequence] of [
    ['a', 1],
    ['b', 1],
    ['a', 2],
    ['c', 1],
    ['a', 3],
  ] as const)
    add(link, sequence)
  await vi.runAllTimersAsync()
  await outbox.flushed()
  expect(calls).toEqual([['a1', 'b1'], ['a2', 'c1'], ['a3']])
  expect(posted).toEqual(['a1', 'b1', 'a2', 'c1', 'a3'])
  expect(outbox.length).toBe(0)
})

test('a ledger that is away for a while gets everything later, in order and once', async () => {
  const { outbox, add, posted, logged } = outboxWith((_postings, call) =>
    call <= 6 ? refusal('database-unavailable') : null,
  )
  add('a', 1)
  await vi.advanceTimersByTimeAsync(1_000)
  add('a', 2)
  add('b', 1)
  expect(posted).toEqual([])
  expect(outbox.length).toBe(3)
  await vi.runAllTimersAsync()
  await outbox.flushed()
  expect(posted).toEqual(['a1', 'a2', 'b1'])
  expect(logged).toHaveLength(6)
})

test('an error without a code is tried again, too', async () => {
  const { add, posted } = outboxWith((_postings, call) => (call === 1 ? new Error('socket hang up') : null))
  add('a', 1)
  await vi.runAllTimersAsync()
  expect(posted).toEqual(['a1'])
})

test('one posting that the ledger never takes does not hold up the others, and gives its hold free', async () => {
  const attempt = {
    exchangeId: 'poison',
    exchange: null,
    carriedUp: 1,
    carriedDown: 1,
  } as unknown as AttemptRecord
  const isPoison = (postings: LinkPosting[]) => postings.some(({ linkId }) => linkId === 'p')
  const { outbox, add, calls, posted, logged, attemptPosted } = outboxWith((postings) =>
    isPoison(postings) ? refusal('rows-exceed-receipt') : null,
  )
  add('a', 1)
  add('p', 1, [attempt])
  add('b', 1)
  await vi.runAllTimersAsync()
  await outbox.flushed()
  add('c', 1)
  add('d', 1)
  await vi.runAllTimersAsync()
  await outbox.flushed()
  expect(posted).toEqual(['a1', 'b1', 'c1', 'd1'])
  expect(calls).toEqual([['a1', 'p1', 'b1'], ['a1'], ['p1'], ['b1'], ['c1', 'd1']])
  expect(logged).toEqual(['the ledger refused a posting for good'])
  expect(attemptPosted).toHaveBeenCalledTimes(1)
  expect(outbox.knows('p')).toBe(false)
})

test('the end of a link waits for its own postings, not for those of a busy relay', async () => {
  const { promise: stuck, resolve: release } = Promise.withResolvers<void>()
  const { outbox, add } = outboxWith((postings) =>
    postings.some(({ linkId }) => linkId === 'slow') ? stuck : null,
  )
  for (const link of ['a', 'slow', 'idle']) outbox.openLink(link)
  add('a', 1)
  await vi.advanceTimersByTimeAsync(100)
  add('slow', 1)
  await vi.advanceTimersByTimeAsync(100)
  await outbox.endLink('a', 5_000)
  await outbox.endLink('idle', 5_000)
  const ending = vi.fn()
  const ended = outbox.endLink('slow', 5_000).then(ending)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(ending).not.toHaveBeenCalled()
  expect(['a', 'idle', 'slow'].map(outbox.knows)).toEqual([false, false, true])
  release()
  await ended
  expect(outbox.knows('slow')).toBe(false)
})

test('a link is still known while its posting is under way, also after the deadline of its end', async () => {
  const { promise: stuck, resolve: release } = Promise.withResolvers<void>()
  const { outbox, add } = outboxWith(() => stuck)
  outbox.openLink('a')
  add('a', 1)
  await vi.advanceTimersByTimeAsync(100)
  const ended = outbox.endLink('a', 5_000)
  await vi.advanceTimersByTimeAsync(5_000)
  await ended
  expect(outbox.knows('a')).toBe(true)
  release()
  await outbox.flushed()
  expect(outbox.knows('a')).toBe(false)
})
