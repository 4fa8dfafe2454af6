import { consentTexts, consentVersion } from '../consent/consent-text.ts'
import { createBackgroundSide } from './background-side.ts'
import {
  type CommandFailureCode,
  type CommandResult,
  commandDone,
  commandFailed,
  commandGives,
  type OwnerCommands,
} from './commands.ts'
import { languageOf } from './language.ts'
import type { BackgroundMessenger, PageMessenger, PushChannel } from './messenger.ts'
import { type NotSharingReason, notSharingReasons, type OwnerView, type Sharing } from './owner-view.ts'
import type { PageHost } from './page-host.ts'
import { createPageSide, type SendCommand } from './page-side.ts'
import { quietView } from './testing/quiet-view.ts'

/**
 * A background inside the page, so that the pages can be drawn and photographed in a plain tab. The design build puts it
 * where `platform/page-host.ts` stands in the shipped one; a test looks for this mark to see that it was not shipped.
 *
 *   popup/index.html?fake=sharing          bytes are carried, figures grow
 *   popup/index.html?fake=waiting          connected, nothing in flight
 *   popup/index.html?fake=REASON           any reason of `notSharingReasons`, or `paused` for short
 *   popup/index.html?fake=silent           a background that never answers
 *   ...&lang=ja                            in Japanese
 *   ...&still                              nothing moves by itself
 *   ...&denied                             the browser's prompt is answered with no
 */
export const fakeBackgroundMark = 'fallow-fake-background'

/** @public The design build resolves `platform/page-host.ts` to it. */
export function createPageHost(): PageHost {
  document.documentElement.dataset.mark = fakeBackgroundMark
  return createFakeHost(new URLSearchParams(location.search))
}

/** The same from given parameters, for tests. */
export function createFakeHost(wanted: URLSearchParams): PageHost {
  const { page, background } = createMessengerPair()
  if (wanted.get('fake') !== 'silent') playBackground(background, wanted)
  return {
    background: createPageSide(page),
    requestHostAccess: async () => !wanted.has('denied'),
    openPage: async (name) => location.assign(`../${name}/index.html?fake=${wanted.get('fake')}`),
    extensionVersion: '0.1.0',
    language: languageOf(wanted.get('lang') ?? 'en'),
  }
}

const tickMs = 1_000
const bytesPerTick = 1_483_211

function playBackground(messenger: BackgroundMessenger, wanted: URLSearchParams): void {
  const side = createBackgroundSide(messenger)
  let view = firstView(wanted.get('fake') ?? 'sharing')

  function become(change: Partial<OwnerView>): CommandResult {
    view = { ...view, ...change }
    side.publishOwnerView(view)
    return commandDone
  }

  side.answerCommands(fakeCommands(become))
  side.publishOwnerView(view)
  if (!wanted.has('still')) setInterval(() => become(oneTickLater(view)), tickMs)
}

function fakeCommands(become: (change: Partial<OwnerView>) => CommandResult): OwnerCommands {
  return {
    agree: async ({ answers: _answers, ...text }) =>
      become({ sharing: waiting, consent: { ...text, agreedAt: fakeAgreedAt } }),
    decline: async () => become({ sharing: off('consent-declined'), consent: null }),
    pause: async () => become({ sharing: off('paused-by-you') }),
    resume: async () => become({ sharing: working }),
    setRelayUrl: async ({ url }) => become({ relay: { url, linkedSince: null }, sharing: off('connecting') }),
    changeSettings: async () => become({}),
    refuseSite: async () => become({}),
    refuseCustomer: async () => become({}),
    readActivity: async () => commandGives({ rows: [], isLast: true }),
    clearActivity: async () => become({}),
    listDevices: async () => become({}),
    makeRecoveryCode: async () => commandGives({ code: 'QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8' }),
    useRecoveryCode: async () => become({}),
    withdraw: async () => become({ sharing: off('consent-not-given'), consent: null }),
  }
}

const working: Sharing = { phase: 'sharing', exchangesInFlight: 3 }
const waiting: Sharing = { phase: 'sharing', exchangesInFlight: 0 }
const fakeAgreedAt = '2026-03-02T09:41:00.000Z'

function off(reason: NotSharingReason): Sharing {
  const details: Partial<Record<NotSharingReason, string>> = {
    'relay-unreachable': 'relay.example.org, tried 4 times',
    'version-mismatch': 'relay 2, this extension 1',
    'private-address-answered': 'printer.example.org answered from 192.168.1.20',
  }
  const detail = details[reason]
  return detail ? { phase: 'off', reason, detail } : { phase: 'off', reason }
}

function firstView(state: string): OwnerView {
  const sharing = sharingOf(state)
  const fresh = state === 'consent-not-given' || state === 'consent-declined'
  return {
    ...quietView,
    sharing,
    points: { units: fresh ? '0' : '1284733918' },
    carried: fresh ? { todayBytes: 0, totalBytes: 0 } : { todayBytes: 44_394_102, totalBytes: 1_347_141_223 },
    live: { bytesPerSecond: sharing === working ? bytesPerTick : 0 },
    relay: {
      url: 'https://relay.example.org',
      linkedSince: sharing.phase === 'sharing' ? '2026-03-14T07:12:00.000Z' : null,
    },
    node: fresh ? { id: null, country: null } : { id: 'n_7Qm2vXcL0dRzK9', country: 'DE' },
    consent: fresh
      ? null
      : { version: consentVersion, sha256: consentTexts.en.sha256, agreedAt: fakeAgreedAt },
  }
}

function sharingOf(state: string): Sharing {
  if (state === 'sharing') return working
  if (state === 'waiting') return waiting
  if (state === 'paused') return off('paused-by-you')
  const reason = notSharingReasons.find((known) => known === state)
  if (!reason)
    throw new Error(`?fake=${state} is no state: sharing, waiting, paused, ${notSharingReasons.join(', ')}`)
  return off(reason)
}

function oneTickLater({ sharing, carried, points }: OwnerView): Partial<OwnerView> {
  if (sharing.phase === 'off' || sharing.exchangesInFlight === 0) return { live: { bytesPerSecond: 0 } }
  const bytes = Math.round(bytesPerTick * (0.6 + Math.random() * 0.8))
  const units = BigInt(points.units) + (BigInt(bytes) * 1_000_000n) / 1_048_576n
  return {
    sharing: { phase: 'sharing', exchangesInFlight: 1 + Math.floor(Math.random() * 5) },
    carried: { todayBytes: carried.todayBytes + bytes, totalBytes: carried.totalBytes + bytes },
    points: { units: String(units) },
    live: { bytesPerSecond: bytes },
  }
}

/** Both ends of a messenger in one page. A request that nobody answers stays open, as a sleeping worker would leave it. */
export function createMessengerPair(): { page: PageMessenger; background: BackgroundMessenger } {
  let answerRequest: (message: unknown) => Promise<unknown> = () => new Promise(() => {})
  const doors = new Map<string, (channel: PushChannel) => void>()
  return {
    page: {
      request: (message) => answerRequest(structuredClone(message)),
      openChannel(name, on) {
        const closed: (() => void)[] = []
        doors.get(name)?.({
          post: (message) => on.message(structuredClone(message)),
          onClosed: (listener) => closed.push(listener),
        })
        return {
          close() {
            for (const tell of closed) tell()
          },
        }
      },
    },
    background: {
      onRequest: (answer) => {
        answerRequest = answer
      },
      onChannel: (name, accept) => void doors.set(name, accept),
    },
  }
}

/** In place of `sendCommand`: a background that answers everything with this failure. For tests. */
export const refusingAll = (code: CommandFailureCode, detail: string): SendCommand =>
  (async () => commandFailed(code, detail)) as unknown as SendCommand
