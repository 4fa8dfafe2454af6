/**
 * A hold's life:
 *
 *   take ──▶ held ──top up, renew──▶ held ──▶ returned   by its relay, when idle
 *                 └────────────────────────▶ expired    60 s after the last renewal, by the database's clock
 *
 * Either end gives what is unused back to the customer. What a relay used and posts after that is drawn from the free
 * balance instead.
 */
import { uuidv7 } from 'uuidv7'
import { unknownCustomer } from './customers.ts'
import { checkText } from './door.ts'
import { holdPortion } from './hold-portion.ts'
import { LedgerError } from './ledger-error.ts'
import { idCharsMax } from './limits.ts'
import { customerBalance, holdBalance, type Posting } from './posting.ts'
import type { Connection, Transaction } from './store/connection.ts'
import {
  closeHolds,
  type HoldRecord,
  insertHold,
  lockExpiredHolds,
  lockHold,
  renewHold,
  renewHoldsOf,
} from './store/hold-store.ts'
import { lockBalances, openBalance, writePostings } from './store/journal-store.ts'
import { noteRelaySeen } from './store/relay-key-store.ts'

export type Hold = {
  holdId: string
  customerId: string
  /** What this call moved into the hold: what the relay may grant on top of what it had. */
  addedBytes: bigint
  /** What the hold contains now, before what the relay has used but not posted yet. */
  heldBytes: bigint
  /** What the customer has left outside of holds. */
  freeBytes: bigint
  /** By the database's clock; `expiresInMs` is the same counted from the call. */
  expiresAt: Date
  expiresInMs: number
}

export type HoldExpiry = { holdId: string; customerId: string; expiresAt: Date; expiresInMs: number }

/** Sets traffic aside. Null: the customer's free balance is empty. */
export async function takeHold(
  connection: Connection,
  { relayId, customerId }: { relayId: string; customerId: string },
): Promise<Hold | null> {
  checkText(relayId, 'relayId', idCharsMax)
  checkText(customerId, 'customerId', idCharsMax)
  return connection.transact(async (tx) => {
    await releaseExpired(tx, customerId)
    const freeBytes = (await lockBalances(tx, [customerBalance(customerId)])).get(customerBalance(customerId))
    if (freeBytes === undefined) throw unknownCustomer(customerId)
    if (freeBytes === 0n) return null
    const hold = await insertHold(tx, { holdId: newHoldId(), relayId, customerId })
    await openBalance(tx, holdBalance(hold.holdId), 'traffic')
    return fillHold(tx, hold, { freeBytes, heldBytes: 0n })
  })
}

/**
 * Adds another portion of the free balance to a hold and renews it. `addedBytes` is 0 when the balance is empty. Null:
 * the hold has expired or was returned, take a new one.
 */
export async function topUpHold(
  connection: Connection,
  { holdId }: { holdId: string },
): Promise<Hold | null> {
  checkText(holdId, 'holdId', idCharsMax)
  return connection.transact(async (tx) => {
    const { customerId } = await lockKnownHold(tx, holdId)
    const hold = await renewHold(tx, holdId)
    if (!hold) return null
    await releaseExpired(tx, customerId)
    const balances = await lockBalances(tx, [customerBalance(customerId), holdBalance(holdId)])
    const freeBytes = balances.get(customerBalance(customerId)) ?? 0n
    const heldBytes = balances.get(holdBalance(holdId)) ?? 0n
    return fillHold(tx, hold, { freeBytes, heldBytes })
  })
}

/**
 * Gives all holds of a relay their full time again, and says that the relay is alive. A hold not listed is gone. Then it
 * sweeps up after relays that no longer renew: whoever is alive does so every `holdRenewMs`.
 */
export async function renewHolds(
  connection: Connection,
  { relayId }: { relayId: string },
): Promise<HoldExpiry[]> {
  checkText(relayId, 'relayId', idCharsMax)
  const holds = await connection.transact(async (tx) => {
    await noteRelaySeen(tx, relayId)
    return renewHoldsOf(tx, relayId)
  })
  await expireHolds(connection)
  return holds.map(({ holdId, customerId, expiresAt, expiresInMs }) => ({
    holdId,
    customerId,
    expiresAt,
    expiresInMs,
  }))
}

/** Gives back what a hold still contains; 0 when it was closed before. Post what was used first. */
export async function returnHold(
  connection: Connection,
  { holdId }: { holdId: string },
): Promise<{ returnedBytes: bigint }> {
  checkText(holdId, 'holdId', idCharsMax)
  return connection.transact(async (tx) => {
    const hold = await lockKnownHold(tx, holdId)
    if (hold.closed) return { returnedBytes: 0n }
    return { returnedBytes: await release(tx, [hold], 'returned') }
  })
}

/** Gives back what holds past their time contain. Any relay may do this for all. */
export function expireHolds(
  connection: Connection,
): Promise<{ expiredHolds: number; returnedBytes: bigint }> {
  return connection.transact((tx) => releaseExpired(tx))
}

async function fillHold(
  tx: Transaction,
  { holdId, customerId, expiresAt, expiresInMs }: HoldRecord,
  { freeBytes, heldBytes }: { freeBytes: bigint; heldBytes: bigint },
): Promise<Hold> {
  const addedBytes = holdPortion(freeBytes)
  if (addedBytes > 0n) await writePostings(tx, [setAside(holdId, customerId, addedBytes)])
  return {
    holdId,
    customerId,
    addedBytes,
    heldBytes: heldBytes + addedBytes,
    freeBytes: freeBytes - addedBytes,
    expiresAt,
    expiresInMs,
  }
}

async function lockKnownHold(tx: Transaction, holdId: string): Promise<HoldRecord> {
  const hold = await lockHold(tx, holdId)
  if (!hold) throw new LedgerError('unknown-hold', `There is no hold ${holdId} in this ledger.`)
  return hold
}

async function releaseExpired(
  tx: Transaction,
  customerId?: string,
): Promise<{ expiredHolds: number; returnedBytes: bigint }> {
  const holds = await lockExpiredHolds(tx, customerId)
  if (holds.length === 0) return { expiredHolds: 0, returnedBytes: 0n }
  return { expiredHolds: holds.length, returnedBytes: await release(tx, holds, 'expired') }
}

async function release(
  tx: Transaction,
  holds: readonly HoldRecord[],
  closedAs: 'returned' | 'expired',
): Promise<bigint> {
  const ledgerAccounts = holds.flatMap((hold) => [customerBalance(hold.customerId), holdBalance(hold.holdId)])
  const balances = await lockBalances(tx, ledgerAccounts)
  const unused = holds
    .map((hold) => giveBack(hold, balances.get(holdBalance(hold.holdId)) ?? 0n))
    .filter(({ amount }) => amount > 0n)
  await closeHolds(
    tx,
    holds.map(({ holdId }) => holdId),
    closedAs,
  )
  await writePostings(tx, unused)
  return unused.reduce((sum, { amount }) => sum + amount, 0n)
}

function setAside(holdId: string, customerId: string, amount: bigint): Posting {
  return {
    asset: 'traffic',
    source: customerBalance(customerId),
    destination: holdBalance(holdId),
    amount,
    kind: 'hold',
    ref: holdId,
  }
}

function giveBack({ holdId, customerId }: HoldRecord, amount: bigint): Posting {
  return {
    asset: 'traffic',
    source: holdBalance(holdId),
    destination: customerBalance(customerId),
    amount,
    kind: 'release',
    ref: holdId,
  }
}

const newHoldId = () => `hold_${uuidv7().replaceAll('-', '')}`
