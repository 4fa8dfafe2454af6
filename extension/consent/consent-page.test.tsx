// @vitest-environment happy-dom
import { signal } from '@preact/signals'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/preact'
import { afterEach, expect, test, vi } from 'vitest'
import { formatInstant } from '../design/format.ts'
import { en } from '../messages/en.ts'
import { createFakeHost, refusingAll } from '../messages/fake-background.ts'
import type { OwnerView, PageHost } from '../messages/index.ts'
import { ja } from '../messages/ja.ts'
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

function answerAll(): void {
  for (const answer of ['mode-gently', 'unlimited-yes', 'battery-no']) click(answer)
}
const answers = { mode: 'gently', unlimitedConnection: true, shareOnBattery: false }

test('the page shows every word that is hashed, and nothing is ticked or chosen beforehand', () => {
  openConsent('consent-not-given')
  const shown = screen.getByRole('main').textContent ?? ''
  for (const { heading, points } of consentSections) {
    for (const words of [heading, ...points]) expect(shown).toContain(words)
  }
  expect(document.querySelectorAll('input').length).toBeGreaterThan(6)
  expect(document.querySelectorAll('input:checked')).toHaveLength(0)
  expect(screen.getByTestId('consent-sha256').title).toContain(consentSha256)
})

test('agreeing asks the browser inside the click, and then sends the version and hash that were read', async () => {
  const requestHostAccess = vi.fn(async () => true)
  const { sendCommand } = openConsent('consent-not-given', (host) => ({ ...host, requestHostAccess }))
  answerAll()
  click('consent-agree')
  expect(requestHostAccess).toHaveBeenCalledOnce()
  await waitFor(() => expect(screen.getByTestId('consent-agreed')).toBeTruthy())
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
    answerAll()
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
  answerAll()
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

test('as long as a question is open nothing is asked or sent, and the page leads to it', async () => {
  const requestHostAccess = vi.fn(async () => true)
  const { sendCommand } = openConsent('consent-not-given', (host) => ({ ...host, requestHostAccess }))
  expect(screen.getByTestId('questions-open').textContent).toContain('3 questions')
  click('mode-always')
  click('battery-no')
  expect(screen.getByTestId('questions-open').textContent).toContain('One question')
  click('consent-agree')
  expect(screen.getByTestId('unlimited-missing').textContent).toBe(en.consent.missing)
  expect(screen.queryByTestId('mode-missing')).toBeNull()
  expect(document.activeElement).toBe(screen.getByTestId('unlimited-yes'))
  expect(requestHostAccess).not.toHaveBeenCalled()
  expect(sendCommand).not.toHaveBeenCalled()
  click('unlimited-no')
  expect(screen.queryByTestId('questions-open')).toBeNull()
  click('consent-agree')
  await waitFor(() => expect(sendCommand).toHaveBeenCalledOnce())
})

test('who agreed to an earlier text is told when, what is new, and is asked again', () => {
  openConsent('consent-changed')
  const notice = screen.getByTestId('consent-changed').textContent
  expect(notice).toContain('version 2')
  expect(notice).toContain(formatInstant('2026-03-02T09:41:00.000Z', 'en'))
  for (const change of consentTexts.en.changes) expect(notice).toContain(change)
  expect(screen.getByTestId('consent-agree')).toBeTruthy()
})

test('whose questions were never asked can answer them, and agrees again', () => {
  openConsent('questions-open')
  expect(screen.getByTestId('questions-open')).toBeTruthy()
  expect(screen.getByTestId('consent-agree')).toBeTruthy()
})

test('the Japanese page is Japanese, and agreeing there names the words that were shown', async () => {
  const { sendCommand } = openConsent('consent-not-given&lang=ja')
  const shown = screen.getByRole('main').textContent ?? ''
  expect(shown).toContain(consentTexts.ja.lead)
  expect(shown).not.toContain(consentTexts.en.lead)
  answerAll()
  click('consent-agree')
  await waitFor(() => expect(screen.getByTestId('consent-agreed').textContent).toContain(ja.consent.agreed))
  const agreed = { version: consentVersion, sha256: consentTexts.ja.sha256, language: 'ja', answers }
  expect(sendCommand.mock.calls).toEqual([['agree', agreed]])
})

test('an agreement in one language stands in the other', () => {
  openConsent('sharing&lang=ja')
  expect(screen.getByTestId('consent-before')).toBeTruthy()
  expect(screen.queryByTestId('consent-agree')).toBeNull()
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
