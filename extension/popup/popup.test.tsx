// @vitest-environment happy-dom
import { type Signal, signal } from '@preact/signals'
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/preact'
import { afterEach, expect, test, vi } from 'vitest'
import { en } from '../messages/en.ts'
import { createFakeHost, refusingAll } from '../messages/fake-background.ts'
import { languages, notSharingReasons, type OwnerView, type PageHost } from '../messages/index.ts'
import { words } from '../messages/words.ts'
import { readLastFigures, writeLastFigures } from './last-figures.ts'
import { Popup } from './popup.tsx'

afterEach(() => {
  cleanup()
  localStorage.clear()
})

function openPopup(fake: string, change: (host: PageHost) => PageHost = (host) => host) {
  const host = change(createFakeHost(new URLSearchParams(`fake=${fake}&still`)))
  const view = signal<OwnerView | null>(null)
  host.background.subscribeToOwnerView((newest) => {
    view.value = newest
  })
  render(<Popup host={host} view={view} lastFigures={readLastFigures()} />)
  return { ...host, view }
}

/** The snapshot changes in this. */
function become(view: Signal<OwnerView | null>, change: Partial<OwnerView>): void {
  void act(() => {
    view.value = { ...(view.value as OwnerView), ...change }
  })
}

const text = (testId: string) => screen.getByTestId(testId).textContent

test.each(notSharingReasons.flatMap((reason) => languages.map((language) => [reason, language] as const)))(
  'while not sharing because of %s the popup says so in one sentence, in %s',
  (reason, language) => {
    openPopup(`${reason}&lang=${language}`)
    const { notSharing, status } = words[language]
    expect(text('status')).toContain(notSharing[reason])
    expect(screen.getByTestId('status').dataset.reason).toBe(reason)
    expect(document.querySelector('h1')?.textContent).not.toBe(status.sharing)
  },
)

test('while sharing it shows points with three decimals, carried bytes to the byte, and what is in flight', () => {
  openPopup('sharing')
  expect(text('status')).toContain('Sharing')
  expect(text('points')).toBe('1,284.733')
  expect(text('carried-today')).toBe('42.3 MiB')
  expect(screen.getByTestId('carried-today').title).toBe('44,394,102 bytes')
  expect(screen.getByTestId('carried-total').getAttribute('value')).toBe('1347141223')
  expect(text('live')).toBe('3 exchanges in flight1.41 MiB/s')
})

test('pause sends the command, and then resume does', async () => {
  const host = openPopup('sharing')
  const sendCommand = vi.spyOn(host.background, 'sendCommand')
  fireEvent.click(screen.getByTestId('pause'))
  await waitFor(() => expect(screen.getByTestId('status').dataset.reason).toBe('paused-by-you'))
  await waitFor(() => expect(screen.getByTestId('resume').hasAttribute('disabled')).toBe(false))
  fireEvent.click(screen.getByTestId('resume'))
  await waitFor(() => expect(screen.getByTestId('status').dataset.phase).toBe('sharing'))
  expect(sendCommand.mock.calls).toEqual([['pause', { for: 'until-resumed' }], ['resume']])
})

test('a pause that failed is said, and can be tried again', async () => {
  const detail = 'Fallow did not answer.'
  openPopup('sharing', (host) => ({
    ...host,
    background: {
      ...host.background,
      sendCommand: refusingAll('background-unreachable', detail),
    },
  }))
  fireEvent.click(screen.getByTestId('pause'))
  await waitFor(() => expect(text('action-problem')).toBe(detail))
  expect(screen.getByTestId('pause').hasAttribute('disabled')).toBe(false)
})

test.each([
  ['consent-not-given', 'open-consent'],
  ['consent-declined', 'open-consent'],
  ['permission-missing', 'open-consent'],
  ['relay-unreachable', 'pause'],
  ['private-address-answered', 'resume'],
  ['replaced-by-another-install', 'resume'],
])('in the state %s it offers %s', (reason, testId) => {
  openPopup(reason)
  expect(screen.getByTestId(testId)).toBeTruthy()
})

test('where the browser has no address lock it offers nothing that would not help', () => {
  openPopup('address-lock-missing')
  for (const testId of ['pause', 'resume', 'open-consent']) expect(screen.queryByTestId(testId)).toBeNull()
})

test('it opens the agreement, the options and the list of what went through', () => {
  const openPage = vi.fn(async () => {})
  openPopup('consent-changed', (host) => ({ ...host, openPage }))
  fireEvent.click(screen.getByTestId('open-consent'))
  for (const link of ['open-options', 'open-activity', 'reread-consent', 'open-all'])
    fireEvent.click(screen.getByTestId(link))
  const opened = ['consent', 'options', 'activity', 'consent', 'activity']
  expect(openPage.mock.calls.flat()).toEqual(opened)
})

test('until the background answers it shows the last figures, and claims no state', () => {
  writeLastFigures({
    points: { units: '5000000' },
    carried: { todayBytes: 1024, totalBytes: 2048 },
    days: [],
  })
  openPopup('silent')
  expect(text('points')).toBe('5.000')
  expect(text('carried-today')).toBe('1.00 KiB')
  expect(screen.getByTestId('status').dataset.phase).toBe('unknown')
  expect(screen.getByRole('main').getAttribute('data-fresh')).toBe('false')
})

test('a background that stays silent is said to be silent', () => {
  vi.useFakeTimers()
  try {
    openPopup('silent')
    void act(() => void vi.advanceTimersByTime(4_999))
    expect(text('status')).toBe(en.status.looking)
    void act(() => void vi.advanceTimersByTime(1))
    expect(text('status')).toContain(en.status.silent)
  } finally {
    vi.useRealTimers()
  }
})

test.each([
  '',
  'null',
  '{',
  '{"points":{"units":"x"},"carried":{"todayBytes":1,"totalBytes":1}}',
  '{"points":{}}',
])('figures kept in another form are not shown: %s', (kept) => {
  localStorage.setItem('last-figures', kept)
  openPopup('silent')
  expect(text('points')).toBe('\u2013')
})

test.each([
  ['pause-half-hour', 'half-hour'],
  ['pause-until-tomorrow', 'until-tomorrow'],
  ['pause', 'until-resumed'],
])('one click on %s pauses for that long', async (testId, length) => {
  const host = openPopup('sharing')
  const sendCommand = vi.spyOn(host.background, 'sendCommand')
  fireEvent.click(screen.getByTestId(testId))
  await waitFor(() => expect(screen.getByTestId('resume')).toBeTruthy())
  expect(sendCommand.mock.calls).toEqual([['pause', { for: length }]])
  expect(screen.queryByTestId('until') !== null).toBe(length !== 'until-resumed')
})

test('a state that ends by itself says when', () => {
  openPopup('hour-cap-reached')
  const until = screen.getByTestId('until') as HTMLTimeElement
  expect(until.dateTime).toBe('2026-03-14T16:00:00.000Z')
  expect(text('status')).toContain(until.textContent)
})

test('today, a week and a month stand side by side, and the chosen one is lit in the chart', () => {
  openPopup('sharing')
  expect(text('points-today')).toBe('42.337')
  expect(text('points-week')).toBe('336.637')
  expect(text('points-month')).toBe('1,049.737')
  const lit = () => document.querySelectorAll('.days-bar[data-lit=true]').length
  expect(lit()).toBe(30)
  fireEvent.click(screen.getByTestId('range-week'))
  expect(lit()).toBe(7)
  fireEvent.click(screen.getByTestId('range-today'))
  expect(lit()).toBe(1)
})

test('who cannot see the chart has the same days as a table', () => {
  openPopup('sharing')
  const rows = screen.getByRole('table').querySelectorAll('tbody tr')
  expect(rows).toHaveLength(30)
  expect(rows[29]?.textContent).toContain('42.337')
  expect(rows[29]?.querySelector('time')?.dateTime).toBe('2026-03-14')
})

test('the score of the link is taken apart, and nothing is shown better than it is', () => {
  openPopup('sharing')
  expect(text('quality-score')).toBe('92%')
  const parts = screen.getByTestId('quality').textContent ?? ''
  for (const part of ['99%', '81%', '64%', '1,284', '311']) expect(parts).toContain(part)
})

test('before the first agreement there are no figures, but what this is, in three sentences', () => {
  openPopup('consent-not-given')
  expect(screen.getByTestId('welcome').children).toHaveLength(3)
  for (const testId of ['points', 'points-today', 'quality']) expect(screen.queryByTestId(testId)).toBeNull()
})

test('a link that is not measured yet says so', () => {
  const { view } = openPopup('sharing')
  become(view, { quality: null })
  expect(screen.queryByTestId('quality-score')).toBeNull()
  expect(text('quality')).toContain(en.popup.quality.unknown)
})

test('why it earns little is said with something to know or to do, and not at all where nothing holds it down', () => {
  const { view } = openPopup('sharing')
  expect(text('hint-few-hours')).toBe(`${en.hints['few-hours'].what} ${en.hints['few-hours'].todo}`)
  become(view, { hints: [] })
  expect(screen.queryByTestId('why')).toBeNull()
})

test('the relay is asked for the devices when somebody looks, and a failure is said there', async () => {
  openPopup('sharing&unreachable&lang=ja')
  const devices = screen.getByTestId('devices') as HTMLDetailsElement
  expect(devices.textContent).toContain('3 台中 2 台')
  devices.open = true
  fireEvent(devices, new Event('toggle'))
  await waitFor(() => expect(text('devices-problem')).toBe(words.ja.failures['relay-not-reached']))
})

test('the last exchanges are listed with host, status, bytes and customer', () => {
  openPopup('sharing')
  const [first, ...others] = screen.getByTestId('recent').querySelectorAll('li')
  expect(others).toHaveLength(4)
  for (const part of ['docs.python.example', 'GET 200', '47.0 KiB', 'Lindqvist Search'])
    expect(first?.textContent).toContain(part)
  expect(others.at(-1)?.textContent).toContain(en.popup.recent.noStatus)
})
