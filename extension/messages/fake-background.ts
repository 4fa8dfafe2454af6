import { createBackgroundSide } from './background-side.ts'
import { type CommandFailureCode, commandDone, commandFailed } from './commands.ts'
import { fakeCommands } from './fake/fake-commands.ts'
import { makeFakeActivity } from './fake/fake-log.ts'
import { fakeNowUnixMs, firstView, oneTickLater } from './fake/fake-view.ts'
import { createMessengerPair } from './fake/messenger-pair.ts'
import { languageOf } from './language.ts'
import type { BackgroundMessenger } from './messenger.ts'
import type { OwnerView } from './owner-view.ts'
import type { PageHost } from './page-host.ts'
import { createPageSide, type SendCommand } from './page-side.ts'

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
 *   ...&rows=N                             the log has so many rows
 *   ...&denied                             the browser's prompt is answered with no
 *   ...&unreachable                        the relay answers no question about the account
 *   ...&managed                            the organisation has fixed the relay
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
    openPage: async (name) => location.assign(`../${name}/index.html${location.search}`),
    extensionVersion: '0.1.0',
    language: languageOf(wanted.get('lang') ?? 'en'),
  }
}

const tickMs = 1_000
const fakeLogRows = 4_812

function playBackground(messenger: BackgroundMessenger, wanted: URLSearchParams): void {
  const side = createBackgroundSide(messenger)
  const log = makeFakeActivity(Number(wanted.get('rows') ?? fakeLogRows), fakeNowUnixMs)
  let view = firstView(wanted.get('fake') ?? 'sharing')
  view = { ...view, activity: { newestId: log.at(-1)?.id ?? 0, rows: log.length } }
  if (wanted.has('managed')) view = { ...view, managed: { ...view.managed, relayUrl: true } }
  const become = (change: Partial<OwnerView>) => {
    view = { ...view, ...change }
    side.publishOwnerView(view)
    return commandDone
  }
  side.answerCommands(
    fakeCommands({ view: () => view, become, log, isRelayReached: !wanted.has('unreachable') }),
  )
  side.publishOwnerView(view)
  if (!wanted.has('still')) setInterval(() => become(oneTickLater(view)), tickMs)
}

/** In place of `sendCommand`: a background that answers everything with this failure. For tests. */
export const refusingAll = (code: CommandFailureCode, detail: string): SendCommand =>
  (async () => commandFailed(code, detail)) as unknown as SendCommand
