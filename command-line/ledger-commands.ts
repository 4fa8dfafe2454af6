import { type DisputeListing, disputeBytesMin, type LedgerCheck, type LedgerTotals } from '#points-ledger'
import { formatBytes, formatCount, formatPoints } from './amounts.ts'
import type { Command } from './command.ts'
import { formatMoment, printable, type TableColumn, tableOf } from './print.ts'

type Line = { what: string; amount: string; exact: string }

const lineColumns: readonly TableColumn<Line>[] = [
  { title: 'TOTAL', of: ({ what }) => what },
  { title: 'AMOUNT', align: 'right', of: ({ amount }) => amount },
  { title: 'EXACT', align: 'right', of: ({ exact }) => exact },
]

const readTotals: Command = {
  group: 'ledger',
  name: 'totals',
  summary: 'show what was bought, carried, charged, borne by goodwill, and earned',
  options: [],
  example: 'fallow ledger totals',
  run: async (ledger) => {
    const totals = await ledger.totals()
    return { json: totals, text: tableOf(linesOf(totals), lineColumns, '') }
  },
}

const verifyLedger: Command = {
  group: 'ledger',
  name: 'verify',
  summary: 'recompute the books from their rows; exit code 1 if anything is wrong',
  options: [],
  example: 'fallow ledger verify',
  run: async (ledger) => {
    const checks = await ledger.verify()
    const ok = checks.every((check) => check.ok)
    const answer = { json: { ok, checks }, text: verdictOf(checks) }
    return ok ? answer : { ...answer, exitCode: 1 }
  },
}

const disputeColumns: readonly TableColumn<DisputeListing>[] = [
  { title: 'LINK', of: ({ linkId }) => printable(linkId) },
  { title: 'NODE', of: ({ nodeId }) => printable(nodeId) },
  { title: 'OPENED (UTC)', of: ({ openedAt }) => formatMoment(openedAt) },
  { title: 'NEWEST (UTC)', of: ({ updatedAt }) => formatMoment(updatedAt) },
  { title: 'RELAY UP', align: 'right', of: ({ counted }) => formatBytes(counted.up) },
  { title: 'NODE UP', align: 'right', of: ({ node }) => formatBytes(node.up) },
  { title: 'RELAY DOWN', align: 'right', of: ({ counted }) => formatBytes(counted.down) },
  { title: 'NODE DOWN', align: 'right', of: ({ node }) => formatBytes(node.down) },
  { title: 'DIFFERENCE', align: 'right', of: ({ differenceBytes }) => formatBytes(differenceBytes) },
]

const noDisputes = `There are no disputes: no link differs by more than ${formatBytes(disputeBytesMin)}.`

const listDisputes: Command = {
  group: 'ledger',
  name: 'disputes',
  summary: 'show the links on which relay and node counted differently',
  options: [],
  example: 'fallow ledger disputes',
  run: async (ledger) => {
    const disputes = await ledger.listDisputes()
    return { json: disputes, text: tableOf(disputes, disputeColumns, noDisputes) }
  },
}

export const ledgerCommands: readonly Command[] = [readTotals, listDisputes, verifyLedger]

function linesOf(totals: LedgerTotals): Line[] {
  const bytes = (what: string, sum: bigint): Line => ({
    what,
    amount: formatBytes(sum),
    exact: `${formatCount(sum)} B`,
  })
  const count = (what: string, sum: number): Line => ({ what, amount: formatCount(sum), exact: '' })
  return [
    bytes('traffic bought', totals.issuedBytes),
    bytes('  free', totals.freeBytes),
    bytes('  held', totals.heldBytes),
    bytes('  charged', totals.chargedBytes),
    bytes('traffic carried', totals.carriedBytes),
    bytes('  charged', totals.chargedBytes),
    bytes('  goodwill', totals.goodwillBytes),
    bytes('    free attempts', totals.goodwillFreeBytes),
    bytes('    beyond a balance', totals.goodwillUncoveredBytes),
    bytes('    recovered receipts', totals.goodwillRecoveredBytes),
    bytes('traffic credited', totals.creditedBytes),
    {
      what: 'points',
      amount: formatPoints(totals.pointsUnits),
      exact: `${formatCount(totals.pointsUnits)} units`,
    },
    count('customers', totals.customers),
    count('nodes', totals.nodes),
    count('accounts', totals.accounts),
    count('links', totals.links),
    count('  unilateral', totals.unilateralLinks),
    count('  disputed', totals.disputes),
    count('exchanges', totals.exchanges),
    count('attempts', totals.attempts),
    count('open holds', totals.openHolds),
  ]
}

const checkColumns: readonly TableColumn<LedgerCheck>[] = [
  { title: 'CHECK', of: ({ name }) => name },
  { title: '', of: ({ ok }) => (ok ? 'ok' : 'WRONG') },
  { title: 'FOUND', of: ({ found }) => found },
]

function verdictOf(checks: readonly LedgerCheck[]): string {
  const wrong = checks.filter(({ ok }) => !ok)
  const verdict =
    wrong.length === 0
      ? 'The books are right.'
      : `The books are WRONG in ${wrong.length} of ${checks.length} checks: ${wrong.map(({ name }) => name).join(', ')}.`
  return `${tableOf(checks, checkColumns, '')}\n\n${verdict}`
}
