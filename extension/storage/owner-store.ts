import { type CloseCode, closes } from '#protocol'
import { type ConsentGiven, freshSettings, type OwnerSettings, readSettings } from '../messages/index.ts'

/** The small JSON values that `platform/` keeps over browser restarts. */
export type LocalStore = {
  read(key: string): Promise<unknown>
  write(key: string, value: unknown): Promise<void>
  remove(key: string): Promise<void>
}

/** What the owner said. `declined` is remembered so that nothing asks again. */
export type Consent = { said: 'nothing' } | { said: 'no' } | { said: 'yes'; given: ConsentGiven }

/** An answer from inside a home network stopped the sharing. `host` is the target's, `address` the one that answered. */
export type UnsafeAnswer = { host: string; address: string; atUnixMs: number }

/** The last link ended for good, and this address is not dialled again until the owner, an update or a restart says so. */
export type LinkStop = { code: CloseCode; detail: string; relayUrl: string }

/** Points belong to an account at one relay: another relay's are not shown under this one's name. */
export type LastEarned = { relayUrl: string; accountUnits: string }

/** Everything that the owner or a relay decided and that decides whether this node shares. */
export type OwnerState = {
  consent: Consent
  /** Null while not paused; `untilUnixMs` null until resumed. */
  pause: { untilUnixMs: number | null } | null
  relayUrl: string | null
  unsafe: UnsafeAnswer | null
  linkStop: LinkStop | null
  earned: LastEarned | null
  settings: OwnerSettings
}

const storageKey = 'owner-state'

const freshState: OwnerState = {
  consent: { said: 'nothing' },
  pause: null,
  relayUrl: null,
  unsafe: null,
  linkStop: null,
  earned: null,
  settings: freshSettings,
}

/** Reads and changes the owner's state. Changes are written in the order in which they were made. */
export class OwnerStore {
  #state = freshState
  #written: Promise<void> = Promise.resolve()
  readonly #local: LocalStore

  private constructor(local: LocalStore, state: OwnerState) {
    this.#local = local
    this.#state = state
  }

  static async open(local: LocalStore): Promise<OwnerStore> {
    return new OwnerStore(local, ownerStateOf(await local.read(storageKey)))
  }

  get state(): Readonly<OwnerState> {
    return this.#state
  }

  /** Takes effect at once; the promise resolves when it is on disk. */
  change(changes: Partial<OwnerState>): Promise<void> {
    this.#state = { ...this.#state, ...changes }
    const write = () => this.#local.write(storageKey, this.#state)
    this.#written = this.#written.then(write, write)
    return this.#written
  }

  /** As if this extension had just been installed. */
  forget(): Promise<void> {
    this.#state = freshState
    const remove = () => this.#local.remove(storageKey)
    this.#written = this.#written.then(remove, remove)
    return this.#written
  }
}

/** Another version may have written it: what has not the expected shape falls back to the careful default. */
function ownerStateOf(value: unknown): OwnerState {
  const kept = isObject(value) ? value : {}
  return {
    consent: consentOf(kept.consent),
    pause: pauseOf(kept.pause),
    relayUrl: typeof kept.relayUrl === 'string' ? kept.relayUrl : null,
    unsafe: hasTexts<UnsafeAnswer>(kept.unsafe, ['host', 'address']) ? kept.unsafe : null,
    linkStop: isLinkStop(kept.linkStop) ? kept.linkStop : null,
    earned: hasTexts<LastEarned>(kept.earned, ['relayUrl', 'accountUnits']) ? kept.earned : null,
    settings: readSettings(kept.settings, freshSettings),
  }
}

const pauseOf = (value: unknown): OwnerState['pause'] =>
  isObject(value) ? { untilUnixMs: typeof value.untilUnixMs === 'number' ? value.untilUnixMs : null } : null

function consentOf(value: unknown): Consent {
  if (!isObject(value)) return freshState.consent
  if (value.said === 'no') return { said: 'no' }
  if (value.said === 'yes' && hasTexts<ConsentGiven>(value.given, ['version', 'sha256', 'agreedAt']))
    return { said: 'yes', given: value.given }
  return freshState.consent
}

const isLinkStop = (value: unknown): value is LinkStop =>
  hasTexts<LinkStop>(value, ['code', 'detail', 'relayUrl']) && Object.hasOwn(closes, value.code)

const hasTexts = <T>(value: unknown, names: (keyof T & string)[]): value is T =>
  isObject(value) && names.every((name) => typeof value[name] === 'string')

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
