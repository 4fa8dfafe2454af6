import { type ActivityPage, type ActivityQuery, type ActivityRow, activityPageRowsMax } from '../activity.ts'

/** A log for the pages that are drawn in a plain tab: believable, and the same each time. */
export function makeFakeActivity(rows: number, newestUnixMs: number): ActivityRow[] {
  const random = seeded(20_261_126)
  let atUnixMs = newestUnixMs - rows * meanGapMs
  return Array.from({ length: rows }, (_, at) => {
    atUnixMs += Math.round(-Math.log(1 - random()) * meanGapMs)
    return fakeRow(at + 1, Math.min(atUnixMs, newestUnixMs), random)
  })
}

/** What the background answers to `readActivity`, over rows in memory, the oldest first. */
export function readFakeActivity(rows: readonly ActivityRow[], query: ActivityQuery): ActivityPage {
  const { beforeId, afterId } = query
  const fits = rows.filter(({ id }) => id < (beforeId ?? Number.POSITIVE_INFINITY) && id > (afterId ?? 0))
  const page = fits.slice(-Math.min(query.limit, activityPageRowsMax)).reverse()
  return { rows: page, isLast: page.length === fits.length }
}

const meanGapMs = 97_000

const sites = [
  ['en.wikipedia.org', 30],
  ['www.gutenberg.org', 14],
  ['arxiv.org', 13],
  ['www.weather.gov', 9],
  ['data.europa.eu', 8],
  ['news.ycombinator.com', 8],
  ['shop.example-outdoor.com', 7],
  ['www.openstreetmap.org', 6],
  ['api.crossref.org', 5],
  ['www.nhk.or.jp', 5],
  ['prices.example-electronics.de', 4],
  ['blog.a-very-long-name-for-a-small-site-about-gardening.example.org', 2],
  ['xn--bcher-kva.example', 1],
] as const

const customers = [
  { id: 'c_lexicon', label: 'Lexicon Labs', purpose: 'search-index', contact: 'crawl@lexicon.example' },
  { id: 'c_harvest', label: 'Open Harvest', purpose: 'research', contact: 'team@openharvest.example' },
  { id: 'c_pricely', label: 'Pricely', purpose: 'price-comparison', contact: 'abuse@pricely.example' },
  { id: 'c_kumo', label: '雲データ研究所', purpose: 'model-training', contact: 'info@kumo.example' },
  { id: 'c_solo', label: 'R. Abara', purpose: null, contact: null },
]

const failures = [
  'target-timeout',
  'target-dns',
  'stopped',
  'owner-rule',
  'owner-paused',
  'policy-refused',
  'target-tls',
]

type Random = () => number

function fakeRow(id: number, atUnixMs: number, random: Random): ActivityRow {
  const failed = random() < 0.07
  const outcome = failed ? pick(failures, random) : 'completed'
  const status = failed ? null : pick([200, 200, 200, 200, 200, 200, 200, 304, 404, 403, 500], random)
  const method = random() < 0.04 ? 'POST' : random() < 0.02 ? 'HEAD' : 'GET'
  const upBytes = failed || method === 'HEAD' ? 0 : Math.round(Math.exp(7 + random() * 6))
  const downBytes = method === 'POST' ? Math.round(200 + random() * 4_000) : 0
  const site = pickWeighted(random)
  return {
    id,
    exchangeId: `x_${id.toString(36).padStart(6, '0')}${Math.floor(random() * 1e9).toString(36)}`,
    attempt: 1,
    atUnixMs,
    tookMs: Math.round(60 + random() * random() * 4_000),
    hosts: random() < 0.08 ? [site.replace(/^www\./, ''), site] : [site],
    method,
    status,
    upBytes,
    downBytes,
    customer: pick([...customers, ...customers.slice(0, 2)], random),
    outcome,
    units: String(Math.floor(((upBytes + downBytes) * 1_000_000) / 1_048_576)),
  }
}

const pick = <Value>(values: readonly Value[], random: Random): Value =>
  values[Math.floor(random() * values.length)] as Value

function pickWeighted(random: Random): string {
  let left = random() * sites.reduce((sum, [, weight]) => sum + weight, 0)
  for (const [name, weight] of sites) {
    left -= weight
    if (left <= 0) return name
  }
  return sites[0][0]
}

/** Mulberry32: small, and good enough for a picture. */
function seeded(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
