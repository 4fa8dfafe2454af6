import type { FrameOf, NodeFailureCode } from '#protocol'
import type { ActivityChange } from '../storage/index.ts'
import { unitsFor } from './carried-days.ts'

/** How one lane ended. `link-ended`: nobody was left to tell. `status` is the target's, null where none came. */
export type LaneEnding = { outcome: 'completed' | NodeFailureCode | 'link-ended'; status: number | null }

export type LinkActivityParts = {
  /** What a carried MiB earns on this link. */
  unitsPerMib: number
  /** This row is new, or has changed since it was last noted. The object stays the same for one attempt. */
  note(attempt: ActivityChange): void
  nowUnixMs(): number
}

/** Attempts that a redirect has ended, and lanes that have: so many are remembered for what may follow or come late. */
export const rememberedMax = 2_000

const hostCharactersMax = 255

/** A row names so many hosts, far more than a relay follows redirects. What comes after them in one attempt has a row of its own. */
export const rowHostsMax = 32

type Lane = { attempt: Attempt; isOpen: boolean }
type Attempt = ActivityChange & { key: string; openLanes: number }

/**
 * What went through one link, as rows: one for each attempt of an exchange, whose redirect hops are lanes of their own. It hears of
 * every carried byte that the meter counts, with its lane.
 */
export class LinkActivity {
  readonly #parts: LinkActivityParts
  readonly #lanes = new Map<number, Lane>()
  readonly #attempts = new Map<string, Attempt>()

  constructor(parts: LinkActivityParts) {
    this.#parts = parts
  }

  opened(asked: FrameOf<'open'>): void {
    const attempt = this.#attemptOf(asked)
    attempt.openLanes += 1
    const host = hostOf(asked.url)
    if (host !== '') attempt.row.hosts.push(host)
    this.#lanes.set(asked.lane, { attempt, isOpen: true })
  }

  /** Carried to the relay. The frame that reaches a cap ends its own lane before it is counted. */
  sent(lane: number, bytes: number): void {
    this.#carried(lane, { upBytes: bytes, downBytes: 0 })
  }

  /** Carried from the relay. What crossed the lane's ending on the wire comes late. */
  received(lane: number, bytes: number): void {
    this.#carried(lane, { upBytes: 0, downBytes: bytes })
  }

  ended(lane: number, { outcome, status }: LaneEnding): void {
    const known = this.#lanes.get(lane)
    if (!known?.isOpen) return
    const { attempt } = known
    known.isOpen = false
    attempt.openLanes -= 1
    attempt.row.outcome = outcome
    attempt.row.status = status ?? attempt.row.status
    attempt.row.tookMs = Math.max(0, this.#parts.nowUnixMs() - attempt.row.atUnixMs)
    this.#forgetWhatIsDone(attempt)
    this.#note(attempt)
  }

  #carried(lane: number, { upBytes, downBytes }: { upBytes: number; downBytes: number }): void {
    const known = this.#lanes.get(lane)
    if (!known) return
    known.attempt.row.upBytes += upBytes
    known.attempt.row.downBytes += downBytes
    if (!known.isOpen) this.#note(known.attempt)
  }

  #attemptOf(asked: FrameOf<'open'>): Attempt {
    const key = `${asked.exchangeId} ${asked.attempt}`
    const known = this.#attempts.get(key)
    const attempt = known && known.row.hosts.length < rowHostsMax ? known : this.#begin(key, asked)
    this.#attempts.set(key, attempt)
    return attempt
  }

  #begin(key: string, { exchangeId, attempt, method, customer }: FrameOf<'open'>): Attempt {
    const { id, label, purpose, contact } = customer
    const row = {
      exchangeId,
      attempt,
      atUnixMs: this.#parts.nowUnixMs(),
      tookMs: 0,
      hosts: [],
      method,
      status: null,
      upBytes: 0,
      downBytes: 0,
      customer: {
        id: visible(id),
        label: visible(label),
        purpose: visible(purpose),
        contact: visible(contact),
      },
      outcome: 'link-ended',
      units: '0',
    }
    return { key, row, savedId: null, openLanes: 0 }
  }

  /** Only what may still change is kept in mind, the newest of it. */
  #forgetWhatIsDone(attempt: Attempt): void {
    forgetOldest(this.#lanes, ({ isOpen }) => !isOpen)
    if (!mayBeRedirected(attempt)) this.#attempts.delete(attempt.key)
    else forgetOldest(this.#attempts, ({ openLanes }) => openLanes === 0)
  }

  #note(attempt: Attempt): void {
    const { row } = attempt
    row.units = String(unitsFor(row.upBytes + row.downBytes, this.#parts.unitsPerMib))
    this.#parts.note(attempt)
  }
}

const mayBeRedirected = ({ row, openLanes }: Attempt): boolean =>
  openLanes > 0 ||
  (row.outcome === 'completed' && row.status !== null && row.status >= 300 && row.status < 400)

function forgetOldest<Key, Value>(map: Map<Key, Value>, isDone: (value: Value) => boolean): void {
  if (map.size <= rememberedMax) return
  for (const [key, value] of map) {
    if (!isDone(value)) continue
    map.delete(key)
    return
  }
}

/** Without line breaks and characters that nobody sees: they can make one name look like another one, or turn a line around. */
function visible<Text extends string | null>(text: Text): Text {
  return (text?.replaceAll(unseen, '') ?? null) as Text
}

/** Beside controls and formats there are letters and marks that are drawn as nothing, such as U+3164, and U+2800, a pattern without a dot. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu

/** The name alone: no port, no path, no query, no user. What cannot be read names no host. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname.slice(0, hostCharactersMax) : ''
}
