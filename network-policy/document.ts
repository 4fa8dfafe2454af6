import document from './network-policy.json' with { type: 'json' }

/** What nobody may have fetched. */
export const refusedCategoryNames = [
  'government-login',
  'banking',
  'webmail-login',
  'account-creation',
  'payment',
  'ad-click',
] as const
export type CategoryName = (typeof refusedCategoryNames)[number]

/** What each owner may refuse for the own node. */
export const ownerCategoryNames = [
  'adult',
  'dating',
  'gambling',
  'health',
  'jobs',
  'news',
  'political',
  'shopping',
  'social-media',
  'streaming',
] as const
export type OwnerCategoryName = (typeof ownerCategoryNames)[number]

/** So many requests a second in the long run, and at most `burst` at once after a rest. */
export type Rate = { perSecond: number; burst: number }

export type RefusedCategory = {
  means: string
  /** A host with everything under it, or a host and the beginning of its path: `github.com/signup`. */
  hosts: readonly string[]
  /** Hosts whose first label is one of these words: `webmail` is `webmail.example.org`. */
  firstLabels?: readonly string[]
  /** Whole path segments, anywhere in the path; only for requests that write, such as POST. */
  writesTo?: readonly string[]
}

export type NetworkPolicy = {
  about: string
  version: string
  inForceSince: string
  schemes: readonly string[]
  ports: readonly number[]
  methods: readonly string[]
  headers: {
    sensitive: readonly string[]
    dropped: readonly string[]
    droppedPrefixes: readonly string[]
  }
  robots: { userAgent: string; keptHours: number; unreachableKeptMinutes: number }
  optOut: { dnsLabel: string; dnsValue: string; file: string; keptMinutes: number }
  pace: { site: Rate; nodeToSite: Rate; waitSecondsMax: number; sites: Readonly<Record<string, Rate>> }
  refusedForEverybody: Readonly<Record<CategoryName, RefusedCategory>>
  refusableByOwners: Readonly<Record<OwnerCategoryName, { means: string; hosts: readonly string[] }>>
}

/** The published document, the one source of these rules. */
export const networkPolicy: NetworkPolicy = document
