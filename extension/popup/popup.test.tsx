// @vitest-environment happy-dom
import { signal } from '@preact/signals'
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/preact'
import { afterEach, expect, test, vi } from 'vitest'
import { en } from '../messages/en.ts'
import { createFakeHost, refusingAll } from '../messages/fake-background.ts'
import { notSharingReasons, type OwnerView, type PageHost } from '../messages/index.ts'
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
  return host
}

const text = (testId: string) => screen.getByTestId(testId).textContent

test.each(notSharingReasons)(
  'while not sharing because of %s the popup says so in one sentence',
  (reason) => {
    openPopup(reason)
    expect(text('status')).toContain(en.notSharing[reason])
    expect(screen.getByTestId('status').dataset.reason).toBe(reason)
    expect(text('status')).not.toContain(en.status.sharing)
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

test('it opens the agreement and the options', () => {
  const openPage = vi.fn(async () => {})
  openPopup('consent-not-given', (host) => ({ ...host, openPage }))
  fireEvent.click(screen.getByTestId('open-consent'))
  fireEvent.click(screen.getByTestId('open-options'))
  expect(openPage.mock.calls).toEqual([['consent'], ['options']])
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
