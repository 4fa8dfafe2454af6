import { relayAliveMs } from '../limits.ts'
import type { Transaction } from './connection.ts'
import { eq, sql } from './drizzle.ts'
import { rowsOf } from './rows.ts'
import { relayKeys } from './schema.ts'

export type RelayKey = { relayId: string; publicKey: string; publicUrl: string }

/** Keeps the key with the relay's newest address. A key that is on record stays as it is; the kept one is returned. */
export async function keepRelayKey(tx: Transaction, key: RelayKey): Promise<RelayKey> {
  const [kept] = await tx
    .insert(relayKeys)
    .values(key)
    .onConflictDoUpdate({
      target: relayKeys.relayId,
      set: { publicUrl: key.publicUrl, lastSeenAt: sql`now()` },
    })
    .returning({ relayId: relayKeys.relayId, publicKey: relayKeys.publicKey, publicUrl: relayKeys.publicUrl })
  if (!kept) throw new Error('the upsert of a relay key returned no row')
  return kept
}

export async function findRelayKey(tx: Transaction, relayId: string): Promise<RelayKey | null> {
  const [found] = await tx
    .select({ relayId: relayKeys.relayId, publicKey: relayKeys.publicKey, publicUrl: relayKeys.publicUrl })
    .from(relayKeys)
    .where(eq(relayKeys.relayId, relayId))
  return found ?? null
}

export async function noteRelaySeen(tx: Transaction, relayId: string): Promise<void> {
  await tx.update(relayKeys).set({ lastSeenAt: sql`clock_timestamp()` }).where(eq(relayKeys.relayId, relayId))
}

export async function isRelayAlive(tx: Transaction, relayId: string): Promise<boolean> {
  const rows = await rowsOf(
    tx,
    sql`select from relay_keys where relay_id = ${relayId}
        and last_seen_at > clock_timestamp() - ${relayAliveMs} * interval '1 millisecond'`,
  )
  return rows.length > 0
}
