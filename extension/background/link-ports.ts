import type { CloseCode, FrameOf, NodeTerms } from '#protocol'
import type { KeptReceipt } from '../storage/index.ts'
import type { ExchangePorts } from './exchange.ts'
import type { LinkActivity } from './link-activity.ts'
import type { NodeIdentity } from './node-key.ts'
import type { OwnerLimits } from './owner-limits.ts'
import type { ReceiptPorts } from './receipts.ts'

/** The part of a browser's WebSocket that a link uses. */
export type LinkSocket = Pick<
  WebSocket,
  'binaryType' | 'bufferedAmount' | 'readyState' | 'send' | 'close' | 'onmessage' | 'onclose'
>

export type LinkHello = Pick<FrameOf<'hello'>, 'schemes' | 'kind' | 'softwareVersion'>

/** How a link ended. `unreachable`: no goodbye and no code of ours, so the network or a dead relay. */
export type LinkEnd = {
  code: CloseCode | 'unreachable'
  detail: string
  redialAfterMs: number | null
  /** How long it had stood since its welcome; 0 where it never did. */
  stoodMs: number
}

export type LinkPorts = {
  openSocket(nodeDoor: string): LinkSocket
  identity: NodeIdentity
  hello: LinkHello
  /** What the owner allows at this moment; `termsChanged` tells what changes after the hello. */
  terms(): NodeTerms
  limits(): OwnerLimits
  /** A cap of the owner's is reached: no data leaves any more. */
  halted(): boolean
  exchanges: ExchangePorts
  /** Where this link's exchanges are written down for the owner. */
  activity: { openLink(unitsPerMib: number): LinkActivity }
  receipts: Pick<ReceiptPorts, 'keep' | 'forget'> & { readKept(): Promise<KeptReceipt[]> }
}

/** What a link tells. Nothing is told after `ended`. */
export type LinkEvents = {
  welcomed(welcome: FrameOf<'welcome'>): void
  earned(earned: FrameOf<'earned'>): void
  quality(quality: FrameOf<'quality'>): void
  accountAnswered(answer: FrameOf<'account-answer'>): void
  carried(bytes: number): void
  /** Line bytes of the link's own messages, both ways. */
  moved(bytes: number): void
  running(exchanges: number): void
  /** The relay or the owner said goodbye; receipts may still pass. */
  leaving(code: CloseCode): void
  ended(end: LinkEnd): void
}
