import {
  type CategoryName,
  networkPolicy,
  type OwnerCategoryName,
  ownerCategoryNames,
  refusedCategoryNames,
} from './document.ts'
import { namesAbove } from './hosts.ts'
import { segmentsOf } from './path-segments.ts'

/** Which category refuses a request, and by which entry: `paypal.com`, `github.com/signup`, `webmail.*`, `/checkout (writing)`. */
export type Refusal = { category: CategoryName; rule: string }

type Entry = Refusal & { path: readonly string[] }

/** Methods that only look (RFC 9110, section 9.2.1). */
const readingMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

const hostEntries = new Map<string, Entry[]>()
const labelEntries = new Map<string, Refusal>()
const writeEntries: Entry[] = []
for (const category of refusedCategoryNames) {
  const { hosts, firstLabels = [], writesTo = [] } = networkPolicy.refusedForEverybody[category]
  for (const entry of hosts) {
    const [host = '', ...path] = entry.split('/')
    const known = hostEntries.get(host) ?? []
    hostEntries.set(host, [...known, { category, rule: entry, path: segmentsOf(path.join('/')) }])
  }
  for (const label of firstLabels) labelEntries.set(label, { category, rule: `${label}.*` })
  for (const path of writesTo)
    writeEntries.push({ category, rule: `${path} (writing)`, path: segmentsOf(path) })
}

const ownerEntries = new Map<string, OwnerCategoryName[]>()
for (const category of ownerCategoryNames)
  for (const host of networkPolicy.refusableByOwners[category].hosts)
    ownerEntries.set(host, [...(ownerEntries.get(host) ?? []), category])

/** The category for which nobody may have this fetched, and the entry that says so; null where no entry does. */
export function refusedCategoryOf(url: URL, method: string): Refusal | null {
  const found = byHost(url) ?? byFirstLabel(url) ?? byWriting(url, method)
  return found ? { category: found.category, rule: found.rule } : null
}

/** The categories that an owner may refuse and that this host lies in. Empty for hosts that no seed list knows. */
export function ownerCategoriesOf(hostname: string): OwnerCategoryName[] {
  const found = new Set([...namesAbove(hostname)].flatMap((name) => ownerEntries.get(name) ?? []))
  return ownerCategoryNames.filter((category) => found.has(category))
}

function byHost(url: URL): Refusal | undefined {
  const onHost = [...namesAbove(url.hostname)].flatMap((name) => hostEntries.get(name) ?? [])
  if (onHost.length === 0) return undefined
  const segments = segmentsOf(url.pathname)
  return onHost.find(({ path }) => beginsWith(segments, path))
}

/** Of names of three labels and more: in `webmail.com` the word is the site's own name. */
function byFirstLabel({ hostname }: URL): Refusal | undefined {
  const [first = '', , third] = hostname.toLowerCase().split('.')
  return third ? labelEntries.get(first) : undefined
}

function byWriting(url: URL, method: string): Refusal | undefined {
  if (readingMethods.has(method.toUpperCase())) return undefined
  const segments = segmentsOf(url.pathname)
  return writeEntries.find(({ path }) => segments.some((_, at) => beginsWith(segments, path, at)))
}

const beginsWith = (segments: readonly string[], path: readonly string[], from = 0): boolean =>
  path.every((segment, index) => segments[from + index] === segment)
