// @vitest-environment happy-dom
import { signal } from '@preact/signals'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/preact'
import { afterEach, expect, test, vi } from 'vitest'
import { en } from '../messages/en.ts'
import { createFakeHost, refusingAll } from '../messages/fake-background.ts'
import type { OwnerView, PageHost } from '../messages/index.ts'
import { ConsentPage } from './consent-page.tsx'
import { consentTexts, consentVersion } from './consent-text.ts'

const { sections: consentSections, sha256: consentSha256 } = consentTexts.en

afterEach(cleanup)

function openConsent(query: string, change: (host: PageHost) => PageHost = (host) => host) {
  const host = change(createFakeHost(new URLSearchParams(`fake=${query}&still`)))
  const view = signal<OwnerView | null>(null)
  host.background.subscribeToOwnerView((newest) => {
    view.value = newest
  })
  const sendCommand = vi.spyOn(host.background, 'sendCommand')
  render(<ConsentPage host={host} view={view} />)
  return { sendCommand, view }
}

const click = (testId: string) => fireEvent.click(screen.getByTestId(testId))

test('the page shows every word that is hashed, and nothing is ticked or chosen beforehand', () => {
  openConsent('consent-not-given')
  const shown = screen.getByRole('main').textContent ?? ''
  for (const { heading, points } of consentSections) {
    for (const words of [heading, ...points]) expect(shown).toContain(words)
  }
  expect(document.querySelectorAll('input')).toHaveLength(0)
  expect(screen.getByTestId('consent-sha256').title).toContain(consentSha256)
})

test('agreeing asks the browser inside the click, and then sends the version and hash that were read', async () => {
  const requestHostAccess = vi.fn(async () => true)
  const { sendCommand } = openConsent('consent-not-given', (host) => ({ ...host, requestHostAccess }))
  click('consent-agree')
  expect(requestHostAccess).toHaveBeenCalledOnce()
  await waitFor(() => expect(screen.getByTestId('consent-agreed')).toBeTruthy())
  const answers = { mode: 'always', unlimitedConnection: true, shareOnBattery: true }
  const agreed = { version: consentVersion, sha256: consentSha256, language: 'en', answers }
  expect(sendCommand.mock.calls).toEqual([['agree', agreed]])
  expect(screen.queryByTestId('consent-agree')).toBeNull()
})

test.each([
  ['refused', async () => false],
  ['failed', async () => Promise.reject(new Error('no user gesture'))],
])(
  'when the access was %s in the browser nothing is agreed, the page says so and stays',
  async (_how, request) => {
    const { sendCommand } = openConsent('consent-not-given', (host) => ({
      ...host,
      requestHostAccess: request,
    }))
    click('consent-agree')
    await waitFor(() =>
      expect(screen.getByTestId('consent-problem').textContent).toBe(en.consent.accessDenied),
    )
    expect(sendCommand).not.toHaveBeenCalled()
    expect(screen.getByTestId('consent-agree').hasAttribute('disabled')).toBe(false)
  },
)

test('an agreement that the background refuses is not shown as one', async () => {
  const detail = 'The text has changed. Read it again.'
  openConsent('consent-not-given', (host) => ({
    ...host,
    background: { ...host.background, sendCommand: refusingAll('consent-outdated', detail) },
  }))
  click('consent-agree')
  await waitFor(() => expect(screen.getByTestId('consent-problem').textContent).toBe(detail))
  expect(screen.queryByTestId('consent-agreed')).toBeNull()
})

test('declining asks the browser for nothing and says that nothing happens', async () => {
  const requestHostAccess = vi.fn(async () => true)
  const { sendCommand } = openConsent('consent-not-given', (host) => ({ ...host, requestHostAccess }))
  click('consent-decline')
  await waitFor(() => expect(screen.getByTestId('consent-declined')).toBeTruthy())
  expect(sendCommand.mock.calls).toEqual([['decline']])
  expect(requestHostAccess).not.toHaveBeenCalled()
  expect(screen.getByTestId('consent-agree')).toBeTruthy()
})

test('who agreed before sees when, and is not asked again', () => {
  openConsent('sharing')
  expect(screen.getByTestId('consent-before').textContent).toContain('2026')
  expect(screen.queryByTestId('consent-agree')).toBeNull()
})

test('who agreed but took the access away can give it again', () => {
  openConsent('permission-missing')
  expect(screen.getByTestId('consent-agree')).toBeTruthy()
})

test('an agreement to another text does not count for this one', () => {
  const { view } = openConsent('sharing')
  const current = view.value as OwnerView
  view.value = {
    ...current,
    consent: { version: '0', sha256: 'f'.repeat(64), agreedAt: '2026-01-01T00:00:00.000Z' },
  }
  return waitFor(() => expect(screen.getByTestId('consent-agree')).toBeTruthy())
})
