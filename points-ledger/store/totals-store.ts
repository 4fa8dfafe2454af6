import type { Transaction } from './connection.ts'
import { sql } from './drizzle.ts'
import { rowsOf, toBigInt } from './rows.ts'

/** Sums over the whole ledger. Bytes and units are `bigint`. */
export type LedgerTotals = {
  customers: number
  nodes: number
  accounts: number
  links: number
  exchanges: number
  attempts: number
  openHolds: number
  disputes: number
  /** Links whose newest receipt the node did not sign. */
  unilateralLinks: number
  /** Bought by customers. */
  issuedBytes: bigint
  /** Of these: free, set aside in holds, and charged; the three add up to `issuedBytes`. */
  freeBytes: bigint
  heldBytes: bigint
  chargedBytes: bigint
  /** Posted as carried: `chargedBytes` + `goodwillBytes`, and `explainedBytes` + `recoveredBytes`. */
  carriedBytes: bigint
  goodwillBytes: bigint
  /** What goodwill bore: free attempts, charged ones beyond the balance, and receipts recovered without rows. */
  goodwillFreeBytes: bigint
  goodwillUncoveredBytes: bigint
  goodwillRecoveredBytes: bigint
  /** Bytes that attempt rows explain, and receipted ones that no row explains (yet). */
  explainedBytes: bigint
  recoveredBytes: bigint
  /** The bytes that the points are computed from. */
  creditedBytes: bigint
  pointsUnits: bigint
}

export async function readTotals(tx: Transaction): Promise<LedgerTotals> {
  const counts = await readCounts(tx)
  const sums = await readSums(tx)
  return { ...counts, ...sums }
}

async function readCounts(tx: Transaction) {
  const [row = {}] = await rowsOf(
    tx,
    sql`select (select count(*) from customers) as customers, (select count(*) from nodes) as nodes,
          (select count(*) from accounts) as accounts, (select count(*) from links) as links,
          (select count(*) from exchanges) as exchanges, (select count(*) from attempts) as attempts,
          (select count(*) from holds where closed_as is null) as open_holds,
          (select count(*) from disputes) as disputes,
          (select count(*) from links where unilateral) as unilateral_links`,
  )
  return {
    customers: Number(row.customers),
    nodes: Number(row.nodes),
    accounts: Number(row.accounts),
    links: Number(row.links),
    exchanges: Number(row.exchanges),
    attempts: Number(row.attempts),
    openHolds: Number(row.open_holds),
    disputes: Number(row.disputes),
    unilateralLinks: Number(row.unilateral_links),
  }
}

async function readSums(tx: Transaction) {
  const held = await readBalanceSums(tx)
  const posted = await readPostedSums(tx)
  const [links = {}] = await rowsOf(
    tx,
    sql`select coalesce(sum(explained_up + explained_down), 0) as explained,
          coalesce(sum(recovered_up + recovered_down), 0) as recovered,
          coalesce(sum(credited_bytes), 0) as credited from links`,
  )
  return {
    issuedBytes: -held('issuance:traffic'),
    freeBytes: held('customer'),
    heldBytes: held('hold'),
    chargedBytes: posted('charge'),
    carriedBytes: held('carried:traffic'),
    goodwillBytes: -held('goodwill:traffic'),
    goodwillFreeBytes: posted('goodwill'),
    goodwillUncoveredBytes: posted('uncovered'),
    goodwillRecoveredBytes: posted('recovered'),
    explainedBytes: toBigInt(links.explained),
    recoveredBytes: toBigInt(links.recovered),
    creditedBytes: toBigInt(links.credited),
    pointsUnits: held('account'),
  }
}

/** Balances of the system accounts by name, of all others summed by what stands before the colon. */
async function readBalanceSums(tx: Transaction): Promise<(name: string) => bigint> {
  const rows = await rowsOf(
    tx,
    sql`select case when ledger_account in ('issuance:traffic', 'carried:traffic', 'goodwill:traffic', 'issuance:points')
            then ledger_account else split_part(ledger_account, ':', 1) end as name, sum(amount) as sum
        from balances group by 1`,
  )
  return sumByName(rows)
}

async function readPostedSums(tx: Transaction): Promise<(kind: string) => bigint> {
  return sumByName(await rowsOf(tx, sql`select kind as name, sum(amount) as sum from journal group by kind`))
}

function sumByName(rows: readonly Record<string, unknown>[]): (name: string) => bigint {
  const sums = new Map(rows.map((row) => [String(row.name), toBigInt(row.sum)]))
  return (name) => sums.get(name) ?? 0n
}
