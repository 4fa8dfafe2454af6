// @vitest-environment happy-dom
import { signal } from '@preact/signals'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/preact'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createFakeHost, refusingAll } from '../messages/fake-background.ts'
import {
  type CommandResult,
  commandGives,
  type OwnerView,
  type ActivityPage as Page,
  type PageHost,
} from '../messages/index.ts'
import { fill } from '../messages/language.ts'
import type { SendCommand } from '../messages/page-side.ts'
import { ActivityPage } from './activity-page.tsx'
import { createSpeech } from './speech.ts'

const speech = createSpeech('en')
const { words } = speech

beforeEach(() => void vi.spyOn(window, 'scrollBy').mockImplementation(() => {}))
afterEach(cleanup)

async function openPage(rows: number, change: (host: PageHost) => PageHost = (host) => host) {
  const host = change(createFakeHost(new URLSearchParams(`fake=sharing&still&rows=${rows}`)))
  const view = signal<OwnerView | null>(null)
  host.background.subscribeToOwnerView((newest) => {
    view.value = newest
  })
  const sendCommand = vi.spyOn(host.background, 'sendCommand')
  const page = render(<ActivityPage host={host} view={view} speech={speech} />)
  await waitFor(() => expect(screen.getByRole('main').dataset.phase).not.toBe('reading'))
  return { host, view, sendCommand, page }
}

const click = (testId: string) => fireEvent.click(screen.getByTestId(testId))
const type = (testId: string, value: string) =>
  fireEvent.input(screen.getByTestId(testId), { target: { value } })
const numberAt = (testId: string) => Number(screen.getByTestId(testId).getAttribute('value'))
const drawnRows = () => screen.getAllByTestId('log-row')

test('of many rows few are in the document, and a screen reader hears which of how many they are', async () => {
  await openPage(6_000)
  const table = screen.getByTestId('log')
  expect(table.getAttribute('aria-rowcount')).toBe('6001')
  expect(drawnRows().length).toBeLessThan(100)
  expect(drawnRows()[0]?.getAttribute('aria-rowindex')).toBe('2')
  expect(numberAt('total-rows')).toBe(6_000)
})

test('each row has every column, and the newest is the first', async () => {
  await openPage(50)
  const heads = [...screen.getByTestId('log').querySelectorAll('th')].map(({ textContent }) => textContent)
  expect(heads).toEqual([
    words.time,
    words.site,
    words.method,
    words.status,
    words.toRelay,
    words.fromRelay,
    words.customer,
    words.outcome,
    words.points,
  ])
  const times = drawnRows().map((row) => row.querySelector('time')?.dateTime ?? '')
  expect(times).toEqual(times.toSorted().reverse())
  for (const row of drawnRows()) expect(row.querySelectorAll('td')).toHaveLength(heads.length)
})

test('typing leaves what fits, with its totals, and says where nothing does', async () => {
  await openPage(3_000)
  const [up, all] = [numberAt('total-up'), numberAt('total-rows')]
  type('filter-site', 'wikipedia.org')
  expect(numberAt('total-rows')).toBeLessThan(all)
  expect(numberAt('total-up')).toBeLessThan(up)
  for (const row of drawnRows()) expect(row.textContent).toContain('wikipedia.org')
  type('filter-search', 'nothing like this')
  expect(screen.getByTestId('log-nothing-fits').textContent).toBe(words.nothingFits)
  click('filter-clear')
  expect([numberAt('total-up'), numberAt('total-rows')]).toEqual([up, all])
})

test('arrow keys move the one row that Tab reaches, and it stays in the document wherever the window is', async () => {
  await openPage(3_000)
  const reached = () => [...document.querySelectorAll<HTMLElement>('.log-open[tabindex="0"]')]
  expect(reached()).toHaveLength(1)
  fireEvent.keyDown(screen.getByTestId('log'), { key: 'End' })
  await waitFor(() => expect(reached()[0]?.closest('tr')?.getAttribute('aria-rowindex')).toBe('3001'))
  expect(reached()).toHaveLength(1)
  await waitFor(() => expect(document.activeElement).toBe(reached()[0]))
})

test('from a row: never this customer, after a question, and the answer is shown', async () => {
  const { sendCommand } = await openPage(20)
  fireEvent.click(drawnRows()[0] as HTMLElement)
  const label = drawnRows()[0]?.querySelector('.log-label')?.textContent ?? ''
  // Two customers may bear one name, and no two one id.
  expect(screen.getByRole('dialog').textContent).toMatch(new RegExp(`${label} c_`))
  // No name, purpose or contact turns the line around it around.
  expect([...screen.getByRole('dialog').querySelectorAll('dd bdi')]).toHaveLength(3)
  click('refuse-customer')
  expect(screen.getByTestId('refuse-question').textContent).toContain(
    fill(words.refuse.customerQuestion, { name: `\u2068${label}\u2069` }),
  )
  expect(sendCommand.mock.calls.map(([name]) => name)).not.toContain('refuseCustomer')
  click('refuse-yes')
  await waitFor(() => expect(screen.getByTestId('refuse-done').textContent).toContain(label))
  expect(sendCommand.mock.calls.at(-1)).toEqual([
    'refuseCustomer',
    { id: expect.stringMatching(/^c_/), label },
  ])
})

test('from a row: never this site, each of its redirects by itself; what is refused to do is said', async () => {
  const { sendCommand } = await openPage(400)
  const row = drawnRows().find(({ textContent }) => textContent?.includes('redirect'))
  fireEvent.click(row as HTMLElement)
  const sites = screen.getAllByTestId('refuse-site')
  expect(sites).toHaveLength(2)
  sendCommand.mockImplementation(refusingAll('settings-invalid', 'The list is full.'))
  fireEvent.click(sites[0] as HTMLElement)
  click('refuse-yes')
  await waitFor(() => expect(screen.getByTestId('refuse-problem').textContent).toBe('The list is full.'))
  expect(sendCommand.mock.calls.at(-1)).toEqual(['refuseSite', { host: expect.stringContaining('.') }])
})

test('a log that cannot be read says why, and is read when it can be', async () => {
  let broken = true
  await openPage(30, (host) => {
    const { sendCommand } = host.background
    const sometimes: SendCommand = (name, ...payload) =>
      (broken ? refusingAll('background-failed', 'The disk is full.') : sendCommand)(name, ...payload)
    return { ...host, background: { ...host.background, sendCommand: sometimes } }
  })
  expect(screen.getByTestId('log-problem').textContent).toContain('The disk is full.')
  expect(screen.queryByTestId('log-empty')).toBeNull()
  broken = false
  click('log-again')
  await waitFor(() => expect(numberAt('total-rows')).toBe(30))
  expect(screen.queryByTestId('log-problem')).toBeNull()
})

test('a log without rows says so, and a deleted one says that it was deleted', async () => {
  await openPage(0)
  expect(screen.getByTestId('log-empty').textContent).toContain(words.empty)
  cleanup()
  const { sendCommand } = await openPage(30)
  click('delete-log')
  expect(sendCommand.mock.calls.map(([name]) => name)).not.toContain('clearActivity')
  click('delete-yes')
  await waitFor(() => expect(screen.getByTestId('log-deleted').textContent).toContain(words.deleted))
})

test('an exchange that ends while the page is open comes in, and a redirect’s row is replaced, not doubled', async () => {
  const { view, sendCommand } = await openPage(30)
  const all = { beforeId: null, afterId: null, limit: 1 }
  const log = (await sendCommand('readActivity', all)) as CommandResult<Page>
  const first = log.ok ? log.value.rows[0] : undefined
  if (!first) throw new Error('the fake log has no row')
  const hop = { ...first, id: 32, hosts: [...first.hosts, 'next.example'], upBytes: first.upBytes + 5 }
  const fresh = {
    ...first,
    id: 31,
    exchangeId: 'x_fresh',
    atUnixMs: first.atUnixMs + 1,
    hosts: ['fresh.example'],
  }
  sendCommand.mockImplementation((async () => commandGives({ rows: [hop, fresh], isLast: true })) as never)
  view.value = { ...(view.value as OwnerView), activity: { newestId: 32, rows: 31 } }
  await waitFor(() => expect(numberAt('total-rows')).toBe(31))
  expect(sendCommand.mock.calls.at(-1)).toEqual([
    'readActivity',
    { beforeId: null, afterId: 30, limit: expect.any(Number) },
  ])
  expect(drawnRows()[0]?.textContent).toContain('fresh.example')
  expect(drawnRows()[1]?.textContent).toContain('next.example')
})
