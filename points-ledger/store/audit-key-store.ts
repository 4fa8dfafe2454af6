import type { Transaction } from './connection.ts'
import { sql } from './drizzle.ts'
import { rowsOf } from './rows.ts'

export async function noteAuditKey(
  tx: Transaction,
  { keyId, days }: { keyId: string; days: number },
): Promise<void> {
  await tx.execute(
    sql`insert into audit_keys (key_id) values (${keyId})
        on conflict (key_id) do update set last_used_at = now()`,
  )
  await tx.execute(
    sql`delete from audit_keys where last_used_at < now() - make_interval(days => ${days}) and key_id <> ${keyId}`,
  )
}

export async function countOtherAuditKeys(tx: Transaction, keyId: string): Promise<number> {
  const [row] = await rowsOf(tx, sql`select count(*) as others from audit_keys where key_id <> ${keyId}`)
  return Number(row?.others ?? 0)
}
