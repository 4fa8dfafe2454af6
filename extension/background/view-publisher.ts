import * as en from '../messages/en/status.ts'
import { type Language, type OwnerView, type Sharing, toneOf } from '../messages/index.ts'
import * as ja from '../messages/ja/status.ts'
import type { Badge } from '../platform/index.ts'

/** Figures move at most this often on the owner's pages; a change of state shows at once. */
export const publishEveryMs = 200

export type ViewPorts = {
  view(): OwnerView
  publish(view: OwnerView): void
  setBadge(badge: Badge): Promise<void>
  language: Language
}

/** Brings the node's state to the owner: open pages and the icon. */
export class ViewPublisher {
  readonly #ports: ViewPorts
  #timer: ReturnType<typeof setTimeout> | undefined
  #badge = ''

  constructor(ports: ViewPorts) {
    this.#ports = ports
  }

  /** The state has changed. */
  now(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const view = this.#ports.view()
    this.#ports.publish(view)
    this.#show(badgeOf(view.sharing, this.#ports.language))
    if (view.live.bytesPerSecond > 0) this.soon()
  }

  /** A figure has changed. While bytes move it repeats itself, so that the rate falls back to nothing. */
  soon(): void {
    this.#timer ??= setTimeout(() => this.now(), publishEveryMs)
  }

  #show(badge: Badge): void {
    const wanted = JSON.stringify(badge)
    if (wanted === this.#badge) return
    this.#badge = wanted
    this.#ports.setBadge(badge).catch(() => {
      this.#badge = ''
    })
  }
}

const words = { en, ja } satisfies Record<Language, unknown>

const colours = { good: '#2f7d4f', rest: '#6b7280', trouble: '#b45309' }

/** The icon in four characters, and the sentence that the pages show too. */
export function badgeOf(sharing: Sharing, language: Language): Badge {
  const title = `Fallow: ${sentenceOf(sharing, language)}`
  return { text: markOf(sharing), colour: colours[toneOf(sharing)], title }
}

function sentenceOf(sharing: Sharing, language: Language): string {
  const { notSharing, status } = words[language]
  if (sharing.phase === 'off') return notSharing[sharing.reason]
  return sharing.exchangesInFlight > 0 ? status.working : status.waiting
}

function markOf(sharing: Sharing): string {
  if (sharing.phase === 'sharing') return 'on'
  if (toneOf(sharing) === 'trouble') return '!'
  const comesByItself = sharing.reason === 'connecting' || sharing.reason === 'relay-draining'
  return comesByItself ? '…' : 'off'
}
