import * as en from '../messages/en/status.ts'
import type { Language, NotSharingReason, OwnerView, Sharing } from '../messages/index.ts'
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

const green = '#2f7d4f'
const grey = '#6b7280'
const amber = '#b45309'

/** The icon in four characters, and the sentence that the pages show too. */
export function badgeOf(sharing: Sharing, language: Language): Badge {
  const { notSharing, status } = words[language]
  if (sharing.phase === 'off')
    return { ...markOf(sharing.reason), title: `Fallow: ${notSharing[sharing.reason]}` }
  const title = sharing.exchangesInFlight > 0 ? status.working : status.waiting
  return { text: 'on', colour: green, title: `Fallow: ${title}` }
}

function markOf(reason: NotSharingReason): Pick<Badge, 'text' | 'colour'> {
  switch (reason) {
    case 'consent-not-given':
    case 'consent-declined':
    case 'switched-off-by-organisation':
    case 'paused-by-you':
    case 'outside-schedule':
    case 'you-are-here':
    case 'on-battery':
    case 'data-saver':
    case 'hour-cap-reached':
    case 'day-cap-reached':
    case 'month-cap-reached':
      return { text: 'off', colour: grey }
    case 'connecting':
    case 'relay-draining':
      return { text: '…', colour: grey }
    case 'consent-changed':
    case 'questions-open':
    case 'presence-unknown':
    case 'power-unknown':
    case 'connection-limited':
    case 'relay-unreachable':
    case 'relay-refused':
    case 'version-mismatch':
    case 'permission-missing':
    case 'address-lock-missing':
    case 'private-address-answered':
    case 'replaced-by-another-install':
      return { text: '!', colour: amber }
  }
}
