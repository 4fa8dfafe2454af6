import {
  type CounterSignature,
  counterSignatureText,
  fingerprint,
  importPublicKey,
  type Receipt,
  type RelayFrame,
  receiptText,
  verify,
} from '#protocol'
import { toCounterSigned, toLedgerReceipt } from './outbox.ts'
import type { PostingLedger } from './posting-ledger.ts'

type Presented = { receipt: Receipt; counterSignature: CounterSignature }
type PresentingNode = { nodeId: string; nodeKey: string; send(frame: RelayFrame): void }

export type Recovery = ReturnType<typeof createRecovery>

/**
 * Posts receipts that a node kept from links whose relay did not confirm them: it crashed, or the connection broke first.
 * A receipt that this relay will post itself is left alone; its node hears `posted` or presents it again.
 */
export function createRecovery(parts: {
  relayId: string
  ledger: PostingLedger
  knowsLink(linkId: string): boolean
  log: { info(fields: object, sentence: string): void; warn(fields: object, sentence: string): void }
}) {
  const recoverOne = async (node: PresentingNode, presented: Presented) => {
    const { receipt, counterSignature } = presented
    if (parts.knowsLink(receipt.linkId)) return
    const refusal = await refusalOf(parts.ledger, node, presented)
    if (refusal)
      return parts.log.warn(
        { nodeId: node.nodeId, linkId: receipt.linkId, refusal },
        'a presented receipt was refused',
      )
    const result = await parts.ledger.recover({
      linkId: receipt.linkId,
      nodeId: receipt.nodeId,
      relayId: receipt.relayId,
      receipt: toLedgerReceipt(receipt),
      counterSigned: toCounterSigned(counterSignature),
      presentedTo: parts.relayId,
    })
    if (result.deferred) return
    parts.log.info(
      { linkId: receipt.linkId, recoveredBytes: Number(result.recoveredBytes) },
      'a receipt was recovered',
    )
    node.send({ type: 'posted', linkId: receipt.linkId, sequence: receipt.sequence })
    const nodeCarriedBytes = Number(result.nodeCarriedBytes)
    node.send({ type: 'earned', accountUnits: String(result.accountUnits), nodeCarriedBytes })
  }

  return {
    async recover(node: PresentingNode, receipts: readonly Presented[]): Promise<void> {
      for (const presented of receipts)
        await recoverOne(node, presented).catch((error: unknown) =>
          parts.log.warn(
            { linkId: presented.receipt.linkId, error: String(error) },
            'a receipt could not be recovered now',
          ),
        )
    },
  }
}

/** Why a presented receipt proves nothing, or null where both signatures stand. */
async function refusalOf(
  ledger: PostingLedger,
  node: PresentingNode,
  presented: Presented,
): Promise<string | null> {
  const { receipt, counterSignature } = presented
  if (receipt.nodeId !== node.nodeId) return 'it belongs to another node'
  const relay = await ledger.findRelayKey(receipt.relayId)
  if (!relay) return 'its relay is not known here'
  if ((await fingerprint('r', relay.publicKey)) !== receipt.relayId) return 'its relay has another key'
  if (!(await verify(await importPublicKey(relay.publicKey), receiptText(receipt), receipt.signature)))
    return 'the relay did not sign it'
  const text = counterSignatureText(receipt, counterSignature)
  const nodeKey = await importPublicKey(node.nodeKey)
  return (await verify(nodeKey, text, counterSignature.signature)) ? null : 'the node did not sign it'
}
