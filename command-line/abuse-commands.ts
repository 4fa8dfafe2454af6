import { homeOf } from '#addresses'
import { type AuditFinding, findAuditKey, findingsMax, openAuditTrail } from '#points-ledger'
import { formatCount } from './amounts.ts'
import type { Answer, Command } from './command.ts'
import { formatMoment, formatSecond, printable, type TableColumn, tableOf } from './print.ts'
import { UsageError } from './usage-error.ts'

/** Complaints state a time of the target's clock, and its log the end of a request rather than its beginning. */
const marginMinutesDefault = 1
const marginMinutesMax = 60
const minuteMs = 60_000
const minuteShape = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/

const lookUpAbuse: Command = {
  group: 'abuse',
  name: 'lookup',
  summary: 'show which customers asked through a node’s address in a minute, and what hosts',
  options: [
    {
      name: 'address',
      value: 'ADDRESS',
      help: 'the IP address that the complaint names; of IPv6 its /64 is meant',
    },
    { name: 'at', value: 'MINUTE', help: 'when, with its time zone, such as 2026-11-26T20:48Z' },
    {
      name: 'margin',
      value: 'MINUTES',
      help: `so many minutes before and after it as well (${marginMinutesDefault})`,
      optional: true,
    },
  ],
  example: 'fallow abuse lookup --address 203.0.113.9 --at 2026-11-26T20:48Z',
  check: ({ one: { address = '', at = '', margin } }) => void readQuestion({ address, at, margin }),
  run: async (
    _ledger,
    { one: { address = '', at = '', margin } },
    { databaseUrl, dataDir, auditKeyText },
  ) => {
    const question = readQuestion({ address, at, margin })
    const key = findAuditKey({ dataDir, text: auditKeyText })
    const trail = openAuditTrail({ url: databaseUrl, key })
    const startedAt = performance.now()
    const { findings, isCut, otherKeys } = await trail.lookUp(question).finally(() => trail.close())
    const queryMs = Math.round(performance.now() - startedAt)
    return answerOf({ ...question, customers: byCustomer(findings), isCut, otherKeys, queryMs })
  },
}

export const abuseCommands: readonly Command[] = [lookUpAbuse]

type Question = { home: string; from: Date; to: Date }
type Accused = {
  customerId: string
  label: string | null
  contact: string | null
  purposes: string[]
  suspendedAt: Date | null
  exchanges: Exchange[]
}
type Exchange = {
  exchangeId: string
  attempt: number
  startedAt: Date
  endedAt: Date
  hosts: string[] | null
  address: string | null
  nodeId: string
  method: string
  status: number | null
  outcome: string
  purpose: string | null
}

function readQuestion({
  address,
  at,
  margin,
}: {
  address: string
  at: string
  margin: string | undefined
}): Question {
  const home = homeOf(address)
  if (home === null) throw new UsageError(`--address must be an IP address, not "${address}".`)
  const minute = minuteShape.test(at) ? Math.floor(Date.parse(at) / minuteMs) * minuteMs : Number.NaN
  if (Number.isNaN(minute))
    throw new UsageError(`--at must be a minute with its time zone, such as 2026-11-26T20:48Z, not "${at}".`)
  const marginMs = readMargin(margin) * minuteMs
  return { home, from: new Date(minute - marginMs), to: new Date(minute + minuteMs + marginMs) }
}

function readMargin(text: string | undefined): number {
  if (text === undefined) return marginMinutesDefault
  if (/^\d{1,2}$/.test(text) && Number(text) <= marginMinutesMax) return Number(text)
  throw new UsageError(
    `--margin must be a whole number of minutes from 0 to ${marginMinutesMax}, not "${text}".`,
  )
}

function byCustomer(findings: readonly AuditFinding[]): Accused[] {
  const grouped = Map.groupBy(findings, ({ customerId }) => customerId)
  return [...grouped].map(([customerId, ofCustomer]) => {
    const customer = ofCustomer[0]?.customer
    return {
      customerId,
      label: customer?.label ?? null,
      contact: customer?.contact ?? null,
      purposes: customer?.purposes ?? [],
      suspendedAt: customer?.suspendedAt ?? null,
      exchanges: ofCustomer.map(toExchange),
    }
  })
}

function toExchange({
  customer: _,
  customerId: __,
  sealed,
  targetStatus: status,
  ...row
}: AuditFinding): Exchange {
  return { ...row, status, hosts: sealed?.hosts ?? null, address: sealed?.address ?? null }
}

const columns: readonly TableColumn<Exchange>[] = [
  { title: 'BEGAN (UTC)', of: ({ startedAt }) => formatSecond(startedAt) },
  { title: 'ENDED (UTC)', of: ({ endedAt }) => formatSecond(endedAt) },
  { title: 'HOSTS', of: ({ hosts }) => printable(hosts?.join(' ▸ ') ?? 'cannot be read') },
  { title: 'METHOD', of: ({ method }) => printable(method) },
  { title: 'STATUS', of: ({ status }) => String(status ?? '–') },
  { title: 'OUTCOME', of: ({ outcome }) => printable(outcome) },
  { title: 'PURPOSE', of: ({ purpose }) => printable(purpose ?? '–') },
  { title: 'EXCHANGE', of: ({ exchangeId }) => printable(exchangeId) },
  { title: 'NODE', of: ({ nodeId }) => printable(nodeId) },
  { title: 'ADDRESS', of: ({ address }) => printable(address ?? 'cannot be read') },
]

type Found = Question & { customers: Accused[]; isCut: boolean; otherKeys: number; queryMs: number }

function answerOf({ home, from, to, customers, isCut, otherKeys, queryMs }: Found): Answer {
  const window = `${home} from ${formatMoment(from)} until before ${formatMoment(to)} UTC`
  const sections = customers.map(
    (customer) => `${nameOf(customer)}\n${tableOf(customer.exchanges, columns, '')}`,
  )
  const notes = [
    ...(isCut
      ? [`Only the first ${formatCount(findingsMax)} attempts are shown: ask with a smaller --margin.`]
      : []),
    ...(otherKeys > 0
      ? [
          `Rows under ${formatCount(otherKeys)} other audit keys were not searched: ask again with the keys of the other relays.`,
        ]
      : []),
  ]
  const title =
    customers.length === 0 ? `Nobody asked through ${window}.` : `What was under way through ${window}:`
  return {
    json: { home, from, to, customers, isCut, otherKeys, queryMs },
    text: [title, ...sections, ...notes].join('\n\n'),
  }
}

function nameOf({ customerId, label, purposes, contact, suspendedAt }: Accused): string {
  const who = label === null ? `${customerId}, which is not in this ledger` : `${customerId} (${label})`
  const standing = suspendedAt ? `, suspended since ${formatMoment(suspendedAt)} UTC` : ''
  return printable(`${who}, for ${purposes.join(', ') || '–'}, contact ${contact ?? 'none'}${standing}`)
}
