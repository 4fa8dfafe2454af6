import { parseHostEntry } from './host-entry.ts'
import {
  type ByteCaps,
  type DeniedCustomer,
  keepActivityDaysDefault,
  keepActivityDaysMax,
  lanesMaxDefault,
  type OwnerRules,
  type OwnerSettings,
  scheduleHours,
  sharingModes,
} from './owner-settings.ts'

/** Below a megabyte a cap would be reached by the link's own greetings. */
export const capBytesMin = 1_000_000
export const capBytesMax = 1_000_000_000_000_000
export const upBytesPerSecondMin = 1_000
export const upBytesPerSecondMax = 1_000_000_000
export const monthResetDayMax = 28
/** Of each of the owner's lists. */
export const ruleEntriesMax = 10_000
const customerIdCharactersMax = 128
const customerLabelCharactersMax = 200
const categoryNameShape = /^[a-z][a-z-]{0,31}$/

export type CheckedSettings = { ok: true; changes: Partial<OwnerSettings> } | { ok: false; detail: string }

/** What a field's value becomes, or a thrown `Refused` that says what it takes. */
type Field<Value> = (value: unknown) => Value

/** A sentence for the owner: which field, and what it takes. */
class Refused extends Error {}
const refuse = (detail: string): never => {
  throw new Refused(detail)
}

/** Checks every field of a change, and normalises hosts. One bad field refuses all of it. Pure. */
export function checkSettings(changes: unknown, isCategory: (name: string) => boolean): CheckedSettings {
  try {
    return { ok: true, changes: checkedChanges(changes, isCategory) }
  } catch (error) {
    if (error instanceof Refused) return { ok: false, detail: error.message }
    throw error
  }
}

/**
 * Settings that another version may have written, field by field. What was never set is `fresh`; what is set and cannot be read
 * becomes what shares the least, because the owner wanted some limit there: the pages show it, and the owner can set it anew.
 */
export function readSettings(kept: unknown, fresh: OwnerSettings): OwnerSettings {
  const fields = isObject(kept) ? kept : {}
  const read = <Name extends keyof typeof fieldChecks & keyof typeof careful>(name: Name) =>
    readField(fieldChecks[name] as Field<OwnerSettings[Name]>, fields[name], {
      unset: fresh[name],
      unreadable: careful[name] as OwnerSettings[Name],
    })
  return {
    mode: read('mode'),
    unlimitedConnection: read('unlimitedConnection'),
    shareOnBattery: read('shareOnBattery'),
    caps: readCaps(fields.caps, fresh.caps),
    upBytesPerSecondMax: read('upBytesPerSecondMax'),
    lanesMax: read('lanesMax'),
    schedule: read('schedule'),
    rules: readRules(fields.rules, fresh.rules),
    keepActivityDays: read('keepActivityDays'),
  }
}

function checkedChanges(changes: unknown, isCategory: (name: string) => boolean): Partial<OwnerSettings> {
  if (!isObject(changes)) return refuse('Settings are fields with values.')
  const checks: Record<string, Field<unknown>> = { ...fieldChecks, rules: rulesCheck(isCategory) }
  const checked = Object.entries(changes).map(([name, value]) => {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined
    return [name, (check ?? refuse(`There is no setting “${name.slice(0, 40)}”.`))(value)]
  })
  return Object.fromEntries(checked) as Partial<OwnerSettings>
}

const capField = (name: string) =>
  orNull(wholeNumber(name, { min: capBytesMin, max: capBytesMax, unit: 'bytes' }))
const capChecks = {
  hourBytes: capField('caps.hourBytes'),
  dayBytes: capField('caps.dayBytes'),
  monthBytes: capField('caps.monthBytes'),
  monthResetDay: wholeNumber('caps.monthResetDay', { min: 1, max: monthResetDayMax }),
}

const fieldChecks = {
  mode: orNull(oneOf('mode', sharingModes)),
  unlimitedConnection: orNull(flag('unlimitedConnection')),
  shareOnBattery: orNull(flag('shareOnBattery')),
  caps: record<ByteCaps>('caps', capChecks),
  upBytesPerSecondMax: orNull(
    wholeNumber('upBytesPerSecondMax', {
      min: upBytesPerSecondMin,
      max: upBytesPerSecondMax,
      unit: 'bytes a second',
    }),
  ),
  lanesMax: wholeNumber('lanesMax', { min: 1, max: lanesMaxDefault }),
  schedule: orNull(schedule),
  keepActivityDays: wholeNumber('keepActivityDays', { min: 1, max: keepActivityDaysMax, unit: 'days' }),
} satisfies { [Name in Exclude<keyof OwnerSettings, 'rules'>]: Field<OwnerSettings[Name]> }

/** Any name of the right shape passes where `isCategory` says so: a kept one may be a newer version's. */
const ruleChecks = (isCategory: (name: string) => boolean) => ({
  deniedCategories: listOf('rules.deniedCategories', category(isCategory), String),
  deniedHosts: listOf('rules.deniedHosts', host('rules.deniedHosts'), String),
  allowedHosts: listOf('rules.allowedHosts', host('rules.allowedHosts'), String),
  onlyAllowed: flag('rules.onlyAllowed'),
  deniedCustomers: listOf('rules.deniedCustomers', customer, ({ id }) => id),
})

const rulesCheck = (isCategory: (name: string) => boolean): Field<OwnerRules> =>
  record<OwnerRules>('rules', ruleChecks(isCategory))

/** In place of what cannot be read. */
const careful = {
  mode: null,
  unlimitedConnection: null,
  shareOnBattery: null,
  upBytesPerSecondMax: upBytesPerSecondMin,
  lanesMax: 1,
  schedule: '0'.repeat(scheduleHours),
  keepActivityDays: keepActivityDaysDefault,
} satisfies Partial<OwnerSettings>

function readCaps(kept: unknown, fresh: ByteCaps): ByteCaps {
  const fields = isObject(kept) ? kept : {}
  const read = (name: keyof ByteCaps, unreadable: number) =>
    readField(capChecks[name] as Field<number | null>, fields[name], { unset: fresh[name], unreadable })
  return {
    hourBytes: read('hourBytes', capBytesMin),
    dayBytes: read('dayBytes', capBytesMin),
    monthBytes: read('monthBytes', capBytesMin),
    monthResetDay: read('monthResetDay', fresh.monthResetDay) ?? fresh.monthResetDay,
  }
}

/** Lists entry by entry: one that cannot be read must not take a whole deny list with it. */
function readRules(kept: unknown, fresh: OwnerRules): OwnerRules {
  const fields = isObject(kept) ? kept : {}
  const checks = ruleChecks(() => true)
  const entries = <Entry>(check: Field<Entry[]>, list: unknown): Entry[] => {
    const readable = (Array.isArray(list) ? list : []).filter((entry) => canRead(check, [entry]))
    return check(readable.slice(-ruleEntriesMax))
  }
  return {
    deniedCategories: entries(checks.deniedCategories, fields.deniedCategories),
    deniedHosts: entries(checks.deniedHosts, fields.deniedHosts),
    allowedHosts: entries(checks.allowedHosts, fields.allowedHosts),
    onlyAllowed: readField(checks.onlyAllowed, fields.onlyAllowed, {
      unset: fresh.onlyAllowed,
      unreadable: true,
    }),
    deniedCustomers: entries(checks.deniedCustomers, fields.deniedCustomers),
  }
}

function readField<Value>(
  check: Field<Value>,
  value: unknown,
  instead: { unset: Value; unreadable: Value },
): Value {
  if (value === undefined) return instead.unset
  return canRead(check, value) ? check(value) : instead.unreadable
}

function canRead(check: Field<unknown>, value: unknown): boolean {
  try {
    check(value)
    return true
  } catch (error) {
    if (error instanceof Refused) return false
    throw error
  }
}

function orNull<Value>(check: Field<Value>): Field<Value | null> {
  return (value) => (value === null ? null : check(value))
}

function wholeNumber(
  name: string,
  { min, max, unit }: { min: number; max: number; unit?: string },
): Field<number> {
  const takes = `${name} takes a whole number from ${min} to ${max}${unit ? `, in ${unit}` : ''}.`
  return (value) =>
    Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max
      ? Number(value)
      : refuse(takes)
}

function flag(name: string): Field<boolean> {
  return (value) => (typeof value === 'boolean' ? value : refuse(`${name} takes true or false.`))
}

function oneOf<Word extends string>(name: string, words: readonly Word[]): Field<Word> {
  return (value) =>
    words.find((word) => word === value) ?? refuse(`${name} takes one of ${words.join(', ')}.`)
}

function schedule(value: unknown): string {
  const isGrid = typeof value === 'string' && value.length === scheduleHours && /^[01]*$/.test(value)
  return isGrid ? value : refuse(`schedule takes ${scheduleHours} characters, each 0 or 1.`)
}

function category(isCategory: (name: string) => boolean): Field<string> {
  return (value) =>
    typeof value === 'string' && categoryNameShape.test(value) && isCategory(value)
      ? value
      : refuse('rules.deniedCategories takes names of the network policy’s categories for owners.')
}

function host(name: string): Field<string> {
  return (value) => {
    const parsed = parseHostEntry(typeof value === 'string' ? value : '')
    return parsed.ok ? parsed.host : refuse(`${name} takes hosts. ${parsed.detail}`)
  }
}

function customer(value: unknown): DeniedCustomer {
  const { id, label } = isObject(value) ? value : {}
  const isId = typeof id === 'string' && id.length <= customerIdCharactersMax && /^\S+$/.test(id)
  return isId && typeof label === 'string'
    ? { id, label: label.slice(0, customerLabelCharactersMax) }
    : refuse('rules.deniedCustomers takes customers, each with id and label.')
}

/** Entries that say the same twice are kept once, at the place of the last: lists are in the order in which they grew. */
function listOf<Entry>(name: string, check: Field<Entry>, keyOf: (entry: Entry) => string): Field<Entry[]> {
  return (value) => {
    if (!Array.isArray(value)) return refuse(`${name} takes a list.`)
    const byKey = new Map<string, Entry>()
    for (const given of value) {
      const entry = check(given)
      byKey.delete(keyOf(entry))
      byKey.set(keyOf(entry), entry)
    }
    return byKey.size <= ruleEntriesMax
      ? [...byKey.values()]
      : refuse(`${name} takes at most ${ruleEntriesMax} entries.`)
  }
}

/** Every field, and no other one. */
function record<Fields extends object>(
  name: string,
  checks: { [Name in keyof Fields]: Field<Fields[Name]> },
): Field<Fields> {
  return (value) => {
    const given = isObject(value) ? value : {}
    const unknown = Object.keys(given).find((field) => !Object.hasOwn(checks, field))
    if (!isObject(value) || unknown !== undefined)
      return refuse(`${name} takes an object with ${Object.keys(checks).join(', ')}.`)
    const entries = Object.entries(checks) as [string, Field<unknown>][]
    return Object.fromEntries(entries.map(([field, check]) => [field, check(given[field])])) as Fields
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
