// @vitest-environment happy-dom
import { cleanup, fireEvent, screen, waitFor } from '@testing-library/preact'
import { afterEach, expect, test } from 'vitest'
import { consentTexts } from '../consent/consent-text.ts'
import { words } from '../messages/words.ts'
import { openOptions, refused } from './testing/open-options.tsx'

afterEach(cleanup)

function saveRelay(address: string): void {
  fireEvent.input(screen.getByTestId('relay-url'), { target: { value: address } })
  fireEvent.click(screen.getByTestId('relay-save'))
}

test('it shows the relay, the node, and what was agreed to and when', () => {
  openOptions('sharing')
  expect((screen.getByTestId('relay-url') as HTMLInputElement).value).toBe('https://relay.example.org')
  expect(screen.getByTestId('node-id').textContent).toBe('n_7Qm2vXcL0dRzK9')
  expect(screen.getByTestId('node-country').textContent).toBe('Germany (DE)')
  expect(screen.getByTestId('consent-sha256').textContent).toBe(consentTexts.en.sha256)
  expect(screen.getByTestId('consent-language').textContent).toBe('English')
  expect(screen.getByTestId('consent-at').querySelector('time')?.dateTime).toBe('2026-03-02T09:41:00.000Z')
  expect(screen.getByRole('main').textContent).toContain('64 MB')
})

test('before the first agreement it says that there is none, and no node', () => {
  openOptions('consent-not-given')
  expect(screen.getByTestId('no-consent')).toBeTruthy()
  expect(screen.getByTestId('node-id').textContent).toContain('none yet')
})

test('a good address is sent in its plain form and the page says that it was saved', async () => {
  const { sendCommand } = openOptions('sharing')
  saveRelay(' https://Other.example.org/ ')
  await waitFor(() => expect(screen.getByTestId('relay-saved')).toBeTruthy())
  expect(sendCommand.mock.calls).toContainEqual(['setRelayUrl', { url: 'https://other.example.org' }])
  expect((screen.getByTestId('relay-url') as HTMLInputElement).value).toBe('https://other.example.org')
})

test('an address that is not safe is refused in the page, with the reason, and keeps what was typed', async () => {
  const { sendCommand } = openOptions('sharing')
  saveRelay('http://other.example.org')
  await waitFor(() => expect(screen.getByTestId('relay-problem').textContent).toContain('https://'))
  expect(sendCommand.mock.calls.map(([name]) => name)).not.toContain('setRelayUrl')
  const input = screen.getByTestId('relay-url') as HTMLInputElement
  expect(input.value).toBe('http://other.example.org')
  expect(input.getAttribute('aria-invalid')).toBe('true')
})

test('a refusal of the background is shown', async () => {
  const detail = 'That relay cannot be used.'
  openOptions('sharing', refused('relay-url-invalid', detail))
  saveRelay('https://other.example.org')
  await waitFor(() => expect(screen.getByTestId('relay-problem').textContent).toBe(detail))
})

test('a new snapshot does not wipe what is being typed', async () => {
  const { host } = openOptions('sharing')
  const input = screen.getByTestId('relay-url') as HTMLInputElement
  fireEvent.input(input, { target: { value: 'https://half-typ' } })
  await host.background.sendCommand('pause', { for: 'until-resumed' })
  await waitFor(() => expect(screen.getByTestId('relay-link').textContent).toBeTruthy())
  expect(input.value).toBe('https://half-typ')
})

test('a relay that the organisation has fixed is shown, and cannot be changed', () => {
  openOptions('sharing&managed')
  expect((screen.getByTestId('relay-url') as HTMLInputElement).readOnly).toBe(true)
  expect(screen.queryByTestId('relay-save')).toBeNull()
  expect(screen.getByTestId('relay-hint').textContent).toContain(words.en.options.fixed)
})

test('in Japanese it is Japanese, and a wrong address is explained in it', async () => {
  openOptions('sharing&lang=ja')
  expect(screen.getByRole('heading', { level: 1 }).textContent).toBe(words.ja.options.title)
  expect(screen.getByTestId('node-country').textContent).toBe('ドイツ (DE)')
  saveRelay('ftp://other.example.org')
  await waitFor(() =>
    expect(screen.getByTestId('relay-problem').textContent).toBe(words.ja.relayUrlProblems['not-http']),
  )
})

test('who agreed to an earlier text is told that it no longer counts', () => {
  openOptions('consent-changed')
  expect(screen.getByTestId('consent-old')).toBeTruthy()
  expect(screen.queryByTestId('consent-language')).toBeNull()
})
