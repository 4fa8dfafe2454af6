/** What the owner decides about sharing, beyond yes and no. Kept by the background, shown and changed by the pages. */

/** When this browser shares, as far as its owner's presence matters. */
export const sharingModes = ['when-away', 'gently', 'always'] as const
export type SharingMode = (typeof sharingModes)[number]

/** Line bytes, as the provider would bill them; null for no cap. Hours and days begin by the owner's clock. */
export type ByteCaps = {
  hourBytes: number | null
  dayBytes: number | null
  monthBytes: number | null
  /** The day of the month, 1 to 28, on which the provider counts anew. */
  monthResetDay: number
}

export type DeniedCustomer = { id: string; label: string }

/** A host stands for itself and its subdomains. Denied beats allowed, and allowed beats a denied category. */
export type OwnerRules = {
  /** Names of `ownerCategoryNames` in the network policy. */
  deniedCategories: string[]
  deniedHosts: string[]
  allowedHosts: string[]
  /** Nothing but the allowed hosts is fetched. */
  onlyAllowed: boolean
  deniedCustomers: DeniedCustomer[]
}

/** What a browser cannot tell by itself, so the consent page asks; null until it was answered. */
export type OwnerAnswers = {
  mode: SharingMode | null
  unlimitedConnection: boolean | null
  shareOnBattery: boolean | null
}

export type OwnerSettings = OwnerAnswers & {
  caps: ByteCaps
  /** Of carried bytes towards the relay; null for no limit. */
  upBytesPerSecondMax: number | null
  /** Exchanges at once, 1 to the protocol's `lanesMax`. */
  lanesMax: number
  /** 168 characters, `1` where the hour is shared, from Monday 0:00 in the owner's time zone; null for always. */
  schedule: string | null
  rules: OwnerRules
  keepActivityDays: number
}

export const scheduleHours = 7 * 24
export const keepActivityDaysDefault = 30
export const keepActivityDaysMax = 365

/** `lanesMax` is the protocol's, repeated as a number because pages do not know the protocol; a test compares them. */
export const lanesMaxDefault = 64

export const freshSettings: OwnerSettings = {
  mode: null,
  unlimitedConnection: null,
  shareOnBattery: null,
  caps: { hourBytes: null, dayBytes: null, monthBytes: null, monthResetDay: 1 },
  upBytesPerSecondMax: null,
  lanesMax: lanesMaxDefault,
  schedule: null,
  rules: {
    deniedCategories: [],
    deniedHosts: [],
    allowedHosts: [],
    onlyAllowed: false,
    deniedCustomers: [],
  },
  keepActivityDays: keepActivityDaysDefault,
}
