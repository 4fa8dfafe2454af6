import type { CounterSignature, Receipt } from './frames.ts'

/** The lines that a relay signs: one value a line, in this order, so that no two receipts share a text. */
export const receiptText = (receipt: Omit<Receipt, 'signature'>): string =>
  [
    'fallow receipt 1',
    receipt.relayId,
    receipt.nodeId,
    receipt.linkId,
    receipt.sequence,
    receipt.exchanges,
    receipt.upFrames,
    receipt.carriedUp,
    receipt.carriedDown,
    receipt.atUnixMs,
  ].join('\n')

/** The lines that a node signs: its own counters, bound to the relay's signature and so to everything that it covers. */
export const counterSignatureText = (
  receipt: Pick<Receipt, 'linkId' | 'sequence' | 'signature'>,
  counts: Omit<CounterSignature, 'signature'>,
): string =>
  [
    'fallow receipt-signed 1',
    receipt.linkId,
    receipt.sequence,
    receipt.signature,
    counts.carriedUp,
    counts.carriedDown,
  ].join('\n')

/** The lines that a node signs in its hello: bound to this relay, to the address that was dialled, and to this nonce. */
export const helloText = (hello: {
  relayId: string
  relayUrl: string
  nonce: string
  nodeKey: string
}): string => ['fallow hello 1', hello.relayId, hello.relayUrl, hello.nonce, hello.nodeKey].join('\n')
