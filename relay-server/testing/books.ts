import { expect } from 'vitest'
import type { Ledger, LedgerTotals } from '#points-ledger'
import type { ScriptedNode } from './scripted-node.ts'

type Sums = Pick<LedgerTotals, 'carriedBytes' | 'chargedBytes' | 'goodwillBytes' | 'creditedBytes'>

export type Books = Awaited<ReturnType<typeof openBooks>>

/** What the books show since `openBooks` was called; all tests of a file may share one ledger. */
export async function openBooks(ledger: Ledger) {
  const before = await ledger.totals()

  const since = async (): Promise<Sums> => {
    const now = await ledger.totals()
    return {
      carriedBytes: now.carriedBytes - before.carriedBytes,
      chargedBytes: now.chargedBytes - before.chargedBytes,
      goodwillBytes: now.goodwillBytes - before.goodwillBytes,
      creditedBytes: now.creditedBytes - before.creditedBytes,
    }
  }

  return {
    since,

    async expectTrue(): Promise<void> {
      await expectTrue(ledger, await since())
    },

    /** The nodes' own counts = what is posted as carried = charged + goodwill = what the points are computed from. */
    async expectBalance(nodes: readonly ScriptedNode[]): Promise<Sums> {
      const counted = nodes.reduce((sum, { count }) => sum + count.carriedUp + count.carriedDown, 0)
      const sums = await since()
      expect(sums).toMatchObject({ carriedBytes: BigInt(counted), creditedBytes: BigInt(counted) })
      await expectTrue(ledger, sums)
      return sums
    },

    /** For nodes that vanished in mid-word: what the relay took in is posted, and it is no more than was sent. */
    async expectBalanceWithin(nodes: readonly ScriptedNode[]): Promise<Sums> {
      const counted = nodes.reduce((sum, { count }) => sum + count.carriedUp + count.carriedDown, 0)
      const sums = await since()
      expect(sums.carriedBytes).toBeLessThanOrEqual(BigInt(counted))
      expect(sums.creditedBytes).toBe(sums.carriedBytes)
      await expectTrue(ledger, sums)
      return sums
    },
  }
}

async function expectTrue(ledger: Ledger, sums: Sums): Promise<void> {
  expect(sums.chargedBytes + sums.goodwillBytes).toBe(sums.carriedBytes)
  for (const check of await ledger.verify()) expect(check).toMatchObject({ ok: true })
}
