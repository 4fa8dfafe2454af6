import { addCarried } from './carried-store.ts'
import { type CarriedRow, type KeptReceipt, type NodeDatabase, strictly } from './database.ts'

/** A receipt that no relay has confirmed for so long is given up: no ledger takes it any more. */
export const receiptKeptMs = 90 * 24 * 60 * 60 * 1000

/**
 * Keeps the newest receipt of a link in place of the one before, and what was carried since, in one transaction. When the
 * promise resolves both are on disk: from then on the receipt may be answered.
 */
export async function keepReceipt(
  database: NodeDatabase,
  kept: KeptReceipt,
  carried: readonly CarriedRow[],
): Promise<void> {
  const transaction = database.transaction(['receipts', 'carried'], 'readwrite', strictly)
  const done = transaction.done
  await Promise.all([
    transaction.objectStore('receipts').put(kept),
    addCarried(transaction.objectStore('carried'), carried),
    done,
  ])
}

/** The relay has posted this link up to `sequence`; a newer receipt of the same link stays. */
export async function forgetPosted(database: NodeDatabase, linkId: string, sequence: number): Promise<void> {
  const transaction = database.transaction('receipts', 'readwrite')
  const kept = await transaction.store.get(linkId)
  if (kept && kept.receipt.sequence <= sequence) await transaction.store.delete(linkId)
  await transaction.done
}

/** All kept receipts, the newest first. Those older than `receiptKeptMs` are dropped on the way. */
export async function readKeptReceipts(database: NodeDatabase, nowUnixMs: number): Promise<KeptReceipt[]> {
  const transaction = database.transaction('receipts', 'readwrite')
  const all = await transaction.store.getAll()
  const isTooOld = (kept: KeptReceipt) => kept.keptAtUnixMs < nowUnixMs - receiptKeptMs
  await Promise.all(all.filter(isTooOld).map((kept) => transaction.store.delete(kept.linkId)))
  await transaction.done
  return all.filter((kept) => !isTooOld(kept)).sort((a, b) => b.keptAtUnixMs - a.keptAtUnixMs)
}
