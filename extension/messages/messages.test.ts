import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createBackgroundSide } from './background-side.ts'
import {
  type CommandName,
  type CommandResult,
  commandDone,
  commandFailed,
  commandNames,
  type OwnerCommands,
} from './commands.ts'
import { createMessengerPair } from './fake/messenger-pair.ts'
import type { PageMessenger } from './messenger.ts'
import type { OwnerView } from './owner-view.ts'
import { createPageSide } from './page-side.ts'
import { quietView } from './testing/quiet-view.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const view: OwnerView = {
  ...quietView,
  sharing: { phase: 'sharing', exchangesInFlight: 2 },
  points: { units: '9007199254740993000001' },
}

function handlersThat(
  perform: (name: CommandName, payload?: unknown) => Promise<CommandResult<never> | typeof commandDone>,
): OwnerCommands {
  const handlers = commandNames.map((name) => [name, (payload?: unknown) => perform(name, payload)])
  return Object.fromEntries(handlers) as OwnerCommands
}

function connect() {
  const { page, background } = createMessengerPair()
  return { messenger: page, page: createPageSide(page), background: createBackgroundSide(background) }
}

test('a command reaches its function in the background with its payload, and its result comes back', async () => {
  const { page, background } = connect()
  const asked: unknown[] = []
  background.answerCommands(
    handlersThat(async (name, payload) => {
      asked.push([name, payload])
      return name === 'resume' ? commandFailed('consent-missing', 'Agree first.') : commandDone
    }),
  )
  expect(await page.sendCommand('setRelayUrl', { url: 'https://a.example' })).toEqual(commandDone)
  expect(await page.sendCommand('resume')).toEqual({
    ok: false,
    code: 'consent-missing',
    detail: 'Agree first.',
  })
  expect(asked).toEqual([
    ['setRelayUrl', { url: 'https://a.example' }],
    ['resume', undefined],
  ])
})

test('a command sent before the background has its functions waits for them', async () => {
  const { page, background } = connect()
  const answer = page.sendCommand('pause', { for: 'until-resumed' })
  background.answerCommands(handlersThat(async () => commandDone))
  expect(await answer).toEqual(commandDone)
})

test('a message that is no command is answered, not thrown at', async () => {
  const { messenger, background } = connect()
  background.answerCommands(handlersThat(async () => commandDone))
  for (const message of [null, 7, 'pause', {}, { command: 'constructor' }, { command: ['pause'] }]) {
    expect(await messenger.request(message)).toMatchObject({ ok: false, code: 'unknown-command' })
  }
})

test('a function of the background that throws gives the page a sentence', async () => {
  const { page, background } = connect()
  background.answerCommands(handlersThat(() => Promise.reject(new Error('disk full'))))
  expect(await page.sendCommand('pause', { for: 'until-resumed' })).toMatchObject({
    ok: false,
    code: 'background-failed',
  })
})

test('a background that is gone is a result, not a rejection', async () => {
  const gone: PageMessenger = {
    request: () => Promise.reject(new Error('Receiving end does not exist')),
    openChannel: () => ({ close() {} }),
  }
  expect(await createPageSide(gone).sendCommand('pause', { for: 'until-resumed' })).toMatchObject({
    code: 'background-unreachable',
  })
})

test('every open page gets every snapshot, a later one starts with the newest, a closed one gets none', () => {
  const { page, background } = connect()
  const early: OwnerView[] = []
  const late: OwnerView[] = []
  const stop = page.subscribeToOwnerView((seen) => early.push(seen))
  background.publishOwnerView(view)
  page.subscribeToOwnerView((seen) => late.push(seen))
  stop()
  const next = { ...view, points: { units: '1' } }
  background.publishOwnerView(next)
  expect(early).toEqual([view])
  expect(late).toEqual([view, next])
})

test('the question for the snapshot waits for the first one', async () => {
  const { page, background } = connect()
  const asked = page.getOwnerView()
  background.publishOwnerView(view)
  expect(await asked).toEqual(view)
  background.publishOwnerView({ ...view, live: { bytesPerSecond: 6 } })
  expect((await page.getOwnerView()).live.bytesPerSecond).toBe(6)
})

test('a page opens its channel again after the browser stopped the worker, until it stops listening', () => {
  const closers: (() => void)[] = []
  const page = createPageSide({
    request: () => new Promise(() => {}),
    openChannel: (_name, on) => {
      closers.push(on.closed)
      return { close() {} }
    },
  })
  const stop = page.subscribeToOwnerView(() => {})
  closers.at(-1)?.()
  vi.runAllTimers()
  expect(closers).toHaveLength(2)
  closers.at(-1)?.()
  stop()
  vi.runAllTimers()
  expect(closers).toHaveLength(2)
})
