import {
  counterSignatureText,
  type FrameOf,
  ProtocolError,
  type Receipt,
  receiptText,
  type TrafficCount,
  verify,
} from '#protocol'
import type { KeptReceipt } from '../storage/index.ts'

/** Who signs on this link, and for whom. */
export type ReceiptParties = { relayId: string; relayKey: CryptoKey; nodeId: string; linkId: string }

export type ReceiptPorts = {
  /** This node's key over a text. */
  sign(text: string): Promise<string>
  /** Resolves when the receipt is on disk. */
  keep(kept: KeptReceipt): Promise<void>
  forget(linkId: string, sequence: number): Promise<void>
  reply(frame: FrameOf<'receipt-signed'>): void
  /** The relay's statement cannot be signed, or could not be kept: the link ends with this. */
  refuse(error: ProtocolError): void
  nowUnixMs(): number
}

type OwnCounts = { carriedUp: number; carriedDown: number }

/**
 * One link's receipts, in order and one at a time: check, compare, sign, keep, and only then answer. The two counters that are signed
 * are always this node's own, read at the moment at which the receipt came.
 */
export class LinkReceipts {
  readonly #parties: ReceiptParties
  readonly #count: TrafficCount
  readonly #ports: ReceiptPorts
  #newest: Receipt | null = null
  #work: Promise<void> = Promise.resolve()

  constructor(parties: ReceiptParties, count: TrafficCount, ports: ReceiptPorts) {
    this.#parties = parties
    this.#count = count
    this.#ports = ports
  }

  /** Resolves when everything that came has been dealt with. Never rejects. */
  get settled(): Promise<void> {
    return this.#work
  }

  /** Throws `ProtocolError` `receipt-refused` at once where the receipt cannot be true; its signature is checked later. */
  take(receipt: Receipt): void {
    this.#refuseOthers(receipt)
    this.#refuseShrinking(receipt)
    const own = this.#ownCounts(receipt)
    this.#newest = receipt
    this.#count.coverUpTo(receipt.upFrames)
    this.#then(() => this.#counterSign(receipt, own))
  }

  /** Also of earlier links: what the ledger holds needs no keeping. */
  posted({ linkId, sequence }: Pick<FrameOf<'posted'>, 'linkId' | 'sequence'>): void {
    this.#then(() => this.#ports.forget(linkId, sequence))
  }

  #then(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error) => this.#ports.refuse(asRefusal(error)))
  }

  async #counterSign(receipt: Receipt, own: OwnCounts): Promise<void> {
    if (!(await verify(this.#parties.relayKey, receiptText(receipt), receipt.signature)))
      throw refused("the receipt does not bear this relay's signature")
    const signature = await this.#ports.sign(counterSignatureText(receipt, own))
    const counterSignature = { ...own, signature }
    const { linkId, sequence } = receipt
    await this.#ports.keep({ linkId, receipt, counterSignature, keptAtUnixMs: this.#ports.nowUnixMs() })
    this.#ports.reply({ type: 'receipt-signed', linkId, sequence, counterSignature })
  }

  #refuseOthers({ relayId, nodeId, linkId }: Receipt): void {
    const { relayId: relay, nodeId: node, linkId: link } = this.#parties
    if (relayId !== relay || nodeId !== node || linkId !== link)
      throw refused('the receipt speaks of another relay, node or link')
  }

  #refuseShrinking(receipt: Receipt): void {
    const before = this.#newest
    if (!before) return
    const shrinks = growing.some((counter) => receipt[counter] < before[counter])
    if (shrinks || receipt.sequence === before.sequence)
      throw refused('a counter of the receipt is smaller than before')
  }

  /** The relay has received `upFrames` of ours; what those carried is what both can compare. */
  #ownCounts({ upFrames }: Receipt): OwnCounts {
    const carriedUp = this.#count.carriedUpAfter(upFrames)
    if (carriedUp === null)
      throw refused(`the receipt speaks of ${upFrames} frames, but ${this.#count.upFrames} were sent`)
    return { carriedUp, carriedDown: this.#count.carriedDown }
  }
}

const growing = ['sequence', 'exchanges', 'upFrames', 'carriedUp', 'carriedDown'] as const

const refused = (detail: string) => new ProtocolError('receipt-refused', detail)

const asRefusal = (error: unknown): ProtocolError =>
  error instanceof ProtocolError ? error : refused(`the receipt could not be kept: ${String(error)}`)
