import type { ActivityCustomer, ActivityRow } from '../activity.ts'
import type { DayView, DeviceView, LinkQuality } from '../owner-view.ts'

const dayMs = 86_400_000
const bytesPerMib = 1_048_576

/** Mebibytes of the days before today: a browser that is on most days, less at weekends, and was away for two. */
const earlierMib = [
  18.2, 22.9, 31.4, 9.6, 7.1, 26.8, 38.3, 41.9, 35.2, 29.7, 12.4, 8.8, 44.1, 52.6, 48.9, 0, 0, 21.3, 37.7,
  58.4, 63.2, 49.5, 55.1, 19.9, 14.2, 61.7, 72.4, 68.8, 57.3,
]

/** Thirty days up to `today`, the oldest first. */
export function fakeDays(today: string, todayBytes: number): DayView[] {
  const todayAt = Date.parse(today)
  const bytes = [...earlierMib.map((mib) => Math.round(mib * bytesPerMib)), todayBytes]
  return bytes.map((carriedBytes, index) => ({
    day: new Date(todayAt - (bytes.length - 1 - index) * dayMs).toISOString().slice(0, 10),
    carriedBytes,
    units: String((BigInt(carriedBytes) * 1_000_000n) / BigInt(bytesPerMib)),
  }))
}

export const fakeQuality: LinkQuality = {
  scorePercent: 92.4,
  reliabilityPercent: 99.2,
  speedPercent: 81,
  reachPercent: 64.5,
  askedLastHour: 1_284,
  offeredLastHour: 311,
  restMs: 0,
}

export function fakeDevices(isLinked: boolean): DeviceView[] {
  const device = (rest: Partial<DeviceView>): DeviceView => ({
    nodeId: 'n_7Qm2vXcL0dRzK9',
    kind: 'chromium',
    country: 'DE',
    linked: isLinked,
    isThisOne: false,
    firstSeenUnixMs: Date.UTC(2026, 1, 12, 18, 20),
    lastSeenUnixMs: Date.UTC(2026, 2, 14, 15, 4),
    carriedBytes: 921_214_113,
    ...rest,
  })
  return [
    device({ isThisOne: true }),
    device({ nodeId: 'n_Zt41pLwX9cQ0aB', linked: true, carriedBytes: 402_110_998 }),
    device({
      nodeId: 'n_0kQmZr77dLsT2v',
      kind: 'firefox',
      linked: false,
      lastSeenUnixMs: Date.UTC(2026, 2, 9, 21, 37),
      carriedBytes: 23_816_112,
    }),
  ]
}

const customers: ActivityCustomer[] = [
  { id: 'c_1', label: 'Lindqvist Search', purpose: 'search index', contact: 'crawl@lindqvist.example' },
  { id: 'c_2', label: 'Prisma Prices', purpose: 'price comparison', contact: 'abuse@prisma.example' },
  { id: 'c_3', label: 'University of Ghent, NLP', purpose: 'research', contact: 'nlp@ghent.example' },
]

type Seen = [host: string, method: string, status: number | null, upBytes: number, customer: number]

const seen: Seen[] = [
  ['docs.python.example', 'GET', 200, 48_211, 0],
  ['en.wiki.example', 'GET', 200, 131_902, 2],
  ['shop.prijs.example', 'GET', 404, 2_114, 1],
  ['api.openstreet.example', 'POST', 200, 9_870, 2],
  ['news.morgenpost.example', 'GET', null, 0, 0],
]

/** The last five exchanges, the newest first. */
export const fakeRecent: ActivityRow[] = seen.map(([host, method, status, upBytes, customer], index) => ({
  id: 4_812 - index,
  exchangeId: `x_${4_812 - index}`,
  attempt: 1,
  atUnixMs: Date.UTC(2026, 2, 14, 15, 3) - index * 21_000,
  tookMs: 180 + index * 90,
  hosts: [host],
  method,
  status,
  upBytes,
  downBytes: method === 'POST' ? 412 : 0,
  customer: customers[customer] as ActivityCustomer,
  outcome: status === null ? 'target-timeout' : 'completed',
  units: String(Math.floor((upBytes * 1_000_000) / bytesPerMib)),
}))
