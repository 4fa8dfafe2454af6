import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  counterSignatureText,
  exportPublicKey,
  type FrameOf,
  fingerprint,
  importPublicKey,
  type ProtocolError,
  type Receipt,
  receiptText,
  sign,
  TrafficCount,
  verify,
} from '#protocol'
import type { KeptReceipt } from '../storage/index.ts'
import { LinkReceipts } from './receipts.ts'

type Party = { id: string; publicKey: string; pair: CryptoKeyPair }
let relay: Party
let node: Party
let stranger: Party

async function makeParty(kind: 'r' | 'n'): Promise<Party> {
  const pair = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair
  const publicKey = await exportPublicKey(pair.publicKey)
  return { id: await fingerprint(kind, publicKey), publicKey, pair }
}

beforeAll(async () => {
  relay = await makeParty('r')
  node = await makeParty('n')
  stranger = await makeParty('r')
})

const linkId = 'lnk_1'

/** One link's two counts and what the node makes of the relay's receipts. */
async function linkOf(keep: (kept: KeptReceipt) => Promise<void> = async () => {}) {
  const own = new TrafficCount({ remembersPrefixes: true })
  const replies: FrameOf<'receipt-signed'>[] = []
  const refusals: ProtocolError[] = []
  const forgotten: [string, number][] = []
  const log: string[] = []
  const receipts = new LinkReceipts(
    { relayId: relay.id, relayKey: await importPublicKey(relay.publicKey), nodeId: node.id, linkId },
    own,
    {
      sign: (text) => sign(node.pair.privateKey, text),
      keep: async (kept) => {
        await keep(kept)
        log.push(`kept ${kept.receipt.sequence}`)
      },
      forget: async (...posted) => {
        forgotten.push(posted)
      },
      reply: (frame) => {
        log.push(`answered ${frame.sequence}`)
        replies.push(frame)
      },
      refuse: (error) => refusals.push(error),
      nowUnixMs: () => 1,
    },
  )
  return { own, receipts, replies, refusals, forgotten, log }
}

async function receiptOf(
  count: TrafficCount,
  changes: Partial<Receipt> = {},
  signer = relay,
): Promise<Receipt> {
  const { exchanges, upFrames, carriedUp, carriedDown } = count
  const parties = { relayId: relay.id, nodeId: node.id, linkId }
  const unsigned = {
    ...parties,
    sequence: 1,
    exchanges,
    upFrames,
    carriedUp,
    carriedDown,
    atUnixMs: 1,
    ...changes,
  }
  return { ...unsigned, signature: await sign(signer.pair.privateKey, receiptText(unsigned)) }
}

describe('receipts', () => {
  it('a receipt is kept before it is answered, one after the other', async () => {
    const { own, receipts, log } = await linkOf()
    own.countUp(10)
    receipts.take(await receiptOf(own))
    own.countUp(5)
    receipts.take(await receiptOf(own, { sequence: 2 }))
    await receipts.settled
    expect(log).toEqual(['kept 1', 'answered 1', 'kept 2', 'answered 2'])
  })

  it('the node signs its own counters, not the relay’s', async () => {
    const { own, receipts, replies } = await linkOf()
    own.countUp(10)
    own.countDown(4)
    const receipt = await receiptOf(own, { carriedUp: 999, carriedDown: 999 })
    receipts.take(receipt)
    await receipts.settled
    const [{ counterSignature }] = replies as [FrameOf<'receipt-signed'>]
    expect(counterSignature).toMatchObject({ carriedUp: 10, carriedDown: 4 })
    const text = counterSignatureText(receipt, { carriedUp: 10, carriedDown: 4 })
    expect(await verify(node.pair.publicKey, text, counterSignature.signature)).toBe(true)
  })

  it('both sides compare the same prefix, however frames, receipts and answers cross', async () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ do: fc.constant('up' as const), bytes: fc.integer({ min: 1, max: 70_000 }) }),
        fc.record({ do: fc.constant('arrive' as const), bytes: fc.constant(0) }),
        fc.record({ do: fc.constant('down' as const), bytes: fc.integer({ min: 1, max: 70_000 }) }),
        fc.record({ do: fc.constant('receipt' as const), bytes: fc.constant(0) }),
      ),
      { maxLength: 40 },
    )
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const { own, receipts, replies, refusals } = await linkOf()
        const relays = new TrafficCount({ remembersPrefixes: false })
        const onTheWay: number[] = []
        const cut: Receipt[] = []
        for (const step of script) {
          if (step.do === 'up') {
            own.countUp(step.bytes)
            onTheWay.push(step.bytes)
          } else if (step.do === 'arrive') {
            const bytes = onTheWay.shift()
            if (bytes !== undefined) relays.countUp(bytes)
          } else if (step.do === 'down') {
            relays.countDown(step.bytes)
            own.countDown(step.bytes)
          } else {
            const receipt = await receiptOf(relays, { sequence: cut.length + 1 })
            cut.push(receipt)
            receipts.take(receipt)
          }
        }
        await receipts.settled
        expect(refusals).toEqual([])
        const signed = replies.map(({ counterSignature: { carriedUp, carriedDown } }) => ({
          carriedUp,
          carriedDown,
        }))
        expect(signed).toEqual(cut.map(({ carriedUp, carriedDown }) => ({ carriedUp, carriedDown })))
      }),
      { numRuns: 40 },
    )
  })

  it.each(['exchanges', 'upFrames', 'carriedUp', 'carriedDown', 'sequence'] as const)(
    'a receipt whose %s is smaller than before is refused',
    async (counter) => {
      const { own, receipts } = await linkOf()
      own.exchanges = 5
      for (let frame = 0; frame < 5; frame += 1) own.countUp(10)
      own.countDown(10)
      receipts.take(await receiptOf(own, { sequence: 5 }))
      const shrunk = await receiptOf(own, { sequence: 6, [counter]: 2 })
      expect(() => receipts.take(shrunk)).toThrowError(expect.objectContaining({ code: 'receipt-refused' }))
    },
  )

  it('a receipt that is not the relay’s own signature is refused, and neither kept nor answered', async () => {
    const { own, receipts, refusals, log } = await linkOf()
    receipts.take(await receiptOf(own, {}, stranger))
    await receipts.settled
    expect(refusals).toMatchObject([{ code: 'receipt-refused' }])
    expect(log).toEqual([])
  })

  it.each([{ relayId: 'r_other' }, { nodeId: 'n_other' }, { linkId: 'lnk_other' }])(
    'a receipt over %o is refused',
    async (other) => {
      const { own, receipts } = await linkOf()
      const receipt = await receiptOf(own, other)
      expect(() => receipts.take(receipt)).toThrowError(expect.objectContaining({ code: 'receipt-refused' }))
    },
  )

  it('a receipt over frames that were never sent is refused', async () => {
    const { own, receipts } = await linkOf()
    own.countUp(1)
    const receipt = await receiptOf(own, { upFrames: 2 })
    expect(() => receipts.take(receipt)).toThrowError(expect.objectContaining({ code: 'receipt-refused' }))
  })

  it('a receipt that the disk does not take is not answered, and the link ends', async () => {
    const { own, receipts, refusals, replies } = await linkOf(async () => {
      throw new Error('QuotaExceededError')
    })
    receipts.take(await receiptOf(own))
    await receipts.settled
    expect(replies).toEqual([])
    expect(refusals).toMatchObject([{ code: 'receipt-refused' }])
  })

  it('posted is forgotten after what came before it was kept', async () => {
    const { own, receipts, forgotten, log } = await linkOf()
    receipts.take(await receiptOf(own))
    receipts.posted({ linkId, sequence: 1 })
    expect(forgotten).toEqual([])
    await receipts.settled
    expect(log).toEqual(['kept 1', 'answered 1'])
    expect(forgotten).toEqual([[linkId, 1]])
  })
})
