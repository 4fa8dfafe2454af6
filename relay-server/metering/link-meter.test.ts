import { generateKeyPairSync, sign as signWith } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  counterSignatureText,
  counterSignDeadlineMs,
  exportPublicKey,
  type FrameOf,
  type Receipt,
  type RelayFrame,
  receiptEveryBytes,
  receiptEveryMs,
  sign,
} from '#protocol'
import { newNodeKey } from '../testing/scripted-node.ts'
import { RelayLinkMeter } from './link-meter.ts'
import type { ReceiptToPost } from './outbox.ts'

beforeEach(() =>
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] }),
)
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

const nodeKey = await newNodeKey()
const nodePublicKey = await exportPublicKey(nodeKey.publicKey)
const { privateKey } = generateKeyPairSync('ed25519')
const relayKey = {
  relayId: 'r',
  publicKey: 'k',
  sign: (text: string) => signWith(null, Buffer.from(text), privateKey).toString('base64url'),
}

function meterOne() {
  const sent: RelayFrame[] = []
  const posted: ReceiptToPost[] = []
  const refused: string[] = []
  const outbox = { add: (toPost: ReceiptToPost) => void posted.push(toPost), endLink: async () => {} }
  const meter = new RelayLinkMeter(
    {
      linkId: 'l',
      nodeId: 'n',
      nodeKey: nodePublicKey,
      send: (frame) => void sent.push(frame),
      refuse: (detail) => void refused.push(detail),
    },
    { relayKey, outbox, attemptBegun() {} },
  )
  const receipts = () => sent.flatMap((frame) => (frame.type === 'receipt' ? [frame.receipt] : []))
  return {
    meter,
    posted,
    refused,
    receipts,
    carry(bytes: number) {
      meter.count.countUp(bytes)
      meter.noteTraffic()
    },
    async signed(
      receipt: Receipt,
      counts = { carriedUp: receipt.carriedUp, carriedDown: receipt.carriedDown },
    ): Promise<FrameOf<'receipt-signed'>> {
      const signature = await sign(nodeKey.privateKey, counterSignatureText(receipt, counts))
      return {
        type: 'receipt-signed',
        linkId: receipt.linkId,
        sequence: receipt.sequence,
        counterSignature: { ...counts, signature },
      }
    },
    attempt() {
      const start = { exchangeId: 'e', attempt: 1, customerId: 'c', holdId: null }
      const open = meter.beginAttempt(start)
      return (carriedUp = 0) =>
        open.finish({ carriedUp, carriedDown: 0, charged: true, outcome: 'completed', exchange: null })
    },
  }
}

describe('a receipt is cut', () => {
  test('after 1 MiB', () => {
    const { carry, receipts, meter } = meterOne()
    carry(receiptEveryBytes - 1)
    expect(receipts()).toEqual([])
    carry(1)
    expect(receipts()).toMatchObject([{ sequence: 1, carriedUp: receiptEveryBytes, upFrames: 2 }])
    void meter.finish({ nodeListens: false })
  })

  test('after five seconds with traffic, and never without', async () => {
    const { carry, receipts, meter, signed } = meterOne()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(receipts()).toEqual([])
    carry(10)
    await vi.advanceTimersByTimeAsync(receiptEveryMs - 1)
    expect(receipts()).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(receipts()).toMatchObject([{ sequence: 1, carriedUp: 10 }])
    await meter.acceptCounterSignature(await signed(receipts()[0] as Receipt))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(receipts()).toHaveLength(1)
  })

  test('for attempts that carried nothing, too', async () => {
    const { attempt, receipts, posted, meter } = meterOne()
    attempt()()
    await vi.advanceTimersByTimeAsync(receiptEveryMs)
    expect(receipts()).toMatchObject([{ carriedUp: 0 }])
    await meter.finish({ nodeListens: false })
    expect(posted).toMatchObject([{ attempts: [{ exchangeId: 'e' }] }])
  })

  test('one at a time: what comes meanwhile is in the next one, and counters only grow', async () => {
    const { carry, receipts, posted, meter, signed } = meterOne()
    carry(receiptEveryBytes)
    carry(receiptEveryBytes)
    carry(5)
    expect(receipts()).toHaveLength(1)
    await meter.acceptCounterSignature(await signed(receipts()[0] as Receipt))
    expect(receipts()).toMatchObject([
      { sequence: 1, carriedUp: receiptEveryBytes },
      { sequence: 2, carriedUp: 2 * receiptEveryBytes + 5 },
    ])
    expect(posted).toMatchObject([
      { receipt: { sequence: 1 }, counterSignature: { carriedUp: receiptEveryBytes } },
    ])
    await meter.finish({ nodeListens: false })
  })

  test('at the end, after the last attempt was summed up', async () => {
    const { carry, attempt, receipts, posted, meter, signed } = meterOne()
    const finishAttempt = attempt()
    carry(100)
    const finished = meter.finish({ nodeListens: true })
    expect(receipts()).toEqual([])
    finishAttempt(100)
    await expect.poll(() => receipts().length).toBe(1)
    await meter.acceptCounterSignature(await signed(receipts()[0] as Receipt))
    await finished
    expect(posted).toMatchObject([
      { receipt: { carriedUp: 100 }, attempts: [{ carriedUp: 100 }], counterSignature: { carriedUp: 100 } },
    ])
  })
})

describe('a receipt that is not signed', () => {
  test('is posted on the relay’s count alone after its deadline, and a signature that comes too late is of no use', async () => {
    const { carry, receipts, posted, meter, signed } = meterOne()
    carry(receiptEveryBytes)
    await vi.advanceTimersByTimeAsync(counterSignDeadlineMs - 1)
    expect(posted).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(posted).toMatchObject([{ counterSignature: null }])
    await meter.acceptCounterSignature(await signed(receipts()[0] as Receipt))
    expect(posted).toHaveLength(1)
    await meter.finish({ nodeListens: false })
  })

  test('is posted at once when the link is lost', async () => {
    const { carry, posted, meter } = meterOne()
    carry(receiptEveryBytes)
    carry(7)
    await meter.finish({ nodeListens: false })
    expect(posted).toMatchObject([
      { receipt: { sequence: 1 }, counterSignature: null },
      { receipt: { sequence: 2, carriedUp: receiptEveryBytes + 7 }, counterSignature: null },
    ])
  })
})

test('a signature that does not fit is refused, and however many come, one is looked at', async () => {
  const { carry, receipts, refused, posted, meter, signed } = meterOne()
  carry(receiptEveryBytes)
  const good = await signed(receipts()[0] as Receipt)
  const forged = { ...good, counterSignature: { ...good.counterSignature, carriedUp: 5 * receiptEveryBytes } }
  await Promise.all(Array.from({ length: 100 }, () => meter.acceptCounterSignature(forged)))
  expect(refused).toEqual(['the counter-signature does not fit the receipt'])
  expect(posted).toEqual([])
  await meter.finish({ nodeListens: false })
  expect(posted).toMatchObject([{ counterSignature: null }])
})

test('signatures for another link or another sequence are of no interest', async () => {
  const { carry, receipts, refused, posted, meter, signed } = meterOne()
  carry(receiptEveryBytes)
  const good = await signed(receipts()[0] as Receipt)
  await meter.acceptCounterSignature({ ...good, sequence: 2 })
  await meter.acceptCounterSignature({ ...good, linkId: 'other' })
  expect([refused, posted]).toEqual([[], []])
  await meter.finish({ nodeListens: false })
})

test('an attempt that is summed up after the end of its link is posted all the same', async () => {
  const { carry, attempt, posted, meter } = meterOne()
  const finishAttempt = attempt()
  carry(50)
  const finished = meter.finish({ nodeListens: false })
  await vi.advanceTimersByTimeAsync(5_000)
  await finished
  finishAttempt(50)
  expect(posted.flatMap(({ attempts }) => attempts)).toMatchObject([{ carriedUp: 50 }])
})
