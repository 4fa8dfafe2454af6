// @vitest-environment happy-dom
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/preact'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { words } from '../messages/words.ts'
import { openOptions, refused } from './testing/open-options.tsx'

const copied = vi.fn(async () => {})
beforeEach(() => void vi.stubGlobal('navigator', { ...navigator, clipboard: { writeText: copied } }))
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
  copied.mockClear()
})

const { account, withdraw, activity } = words.en.options
const click = (testId: string) => fireEvent.click(screen.getByTestId(testId))
const text = (testId: string) => screen.getByTestId(testId).textContent

describe('the account', () => {
  test('the relay is asked for the devices once, and they are listed with this one named', async () => {
    const { sendCommand } = openOptions('sharing')
    await waitFor(() => expect(sendCommand.mock.calls).toEqual([['listDevices']]))
    expect(screen.getByTestId('devices').children).toHaveLength(3)
    expect(text('devices')).toContain(account.thisOne)
  })

  test('while paused the page asks nobody by itself, because asking would connect', async () => {
    const { sendCommand } = openOptions('paused')
    await waitFor(() => expect(screen.getByTestId('ask-devices')).toBeTruthy())
    expect(sendCommand).not.toHaveBeenCalled()
    click('ask-devices')
    await waitFor(() => expect(sendCommand.mock.calls).toEqual([['listDevices']]))
  })

  test('a relay that was not reached is said to be so', async () => {
    openOptions('sharing&unreachable')
    await waitFor(() => expect(text('devices-problem')).toContain('not reached'))
  })

  test('a recovery code is shown until its owner has kept it, can be copied, and is then gone', async () => {
    openOptions('sharing')
    click('make-code')
    const field = (await screen.findByTestId('recovery-code')) as HTMLTextAreaElement
    const code = field.value
    expect(code.length).toBeGreaterThan(40)
    click('copy-code')
    await waitFor(() => expect(text('copy-code')).toBe(account.copied))
    expect(copied.mock.calls).toEqual([[code]])
    click('kept-code')
    await waitFor(() => expect(text('code-note')).toBe(account.keptDone))
    expect(document.body.innerHTML).not.toContain(code)
  })

  test('a code of another device is used, and a wrong one is explained', async () => {
    const { sendCommand } = openOptions('sharing')
    expect(screen.getByTestId('use-code').hasAttribute('disabled')).toBe(true)
    fireEvent.input(screen.getByTestId('use-code-input'), { target: { value: 'short' } })
    click('use-code')
    await waitFor(() => expect(text('use-code-note')).toContain('not a whole recovery code'))
    fireEvent.input(screen.getByTestId('use-code-input'), { target: { value: 'A'.repeat(54) } })
    click('use-code')
    await waitFor(() => expect(text('use-code-note')).toBe(account.used))
    expect(sendCommand.mock.lastCall).toEqual(['useRecoveryCode', { code: 'A'.repeat(54) }])
  })

  test('before the first agreement there is none', () => {
    openOptions('consent-not-given')
    expect(screen.getByTestId('no-account')).toBeTruthy()
    expect(screen.queryByTestId('make-code')).toBeNull()
  })
})

describe('leaving', () => {
  test('the dialog says what goes, what stays and what becomes of the points, and offers a code before', () => {
    openOptions('sharing')
    click('open-withdraw')
    const dialog = screen.getByTestId('withdraw-dialog') as HTMLDialogElement
    expect(dialog.open).toBe(true)
    for (const sentence of [withdraw.hereText, withdraw.relayText])
      expect(dialog.textContent).toContain(sentence)
    expect(text('withdraw-points')).toContain('1,284.733')
    expect(within(dialog).getByTestId('make-code')).toBeTruthy()
  })

  test('who thinks better of it has lost nothing', () => {
    const { sendCommand } = openOptions('sharing')
    click('open-withdraw')
    click('withdraw-cancel')
    expect((screen.getByTestId('withdraw-dialog') as HTMLDialogElement).open).toBe(false)
    expect(sendCommand.mock.calls.map(([name]) => name)).not.toContain('withdraw')
  })

  test('withdrawing closes the dialog, and the page says that all is gone', async () => {
    const { sendCommand } = openOptions('sharing')
    click('open-withdraw')
    click('withdraw-sure')
    await waitFor(() => expect(text('withdraw-note')).toContain(withdraw.done))
    expect(sendCommand.mock.lastCall).toEqual(['withdraw', { evenUntold: false }])
    expect(screen.getByTestId('no-consent')).toBeTruthy()
  })

  test('where the relay was not reached nothing is deleted, until the owner says so a second time', async () => {
    const { sendCommand } = openOptions('sharing&unreachable')
    click('open-withdraw')
    click('withdraw-sure')
    await waitFor(() => expect(text('withdraw-unreached')).toContain(withdraw.unreachedText))
    expect(screen.queryByTestId('withdraw-sure')).toBeNull()
    expect(screen.queryByTestId('no-consent')).toBeNull()
    click('withdraw-anyway')
    await waitFor(() => expect(text('withdraw-note')).toContain(withdraw.done))
    expect(sendCommand.mock.lastCall).toEqual(['withdraw', { evenUntold: true }])
  })

  test('another failure is said in the dialog, which stays open', async () => {
    openOptions('sharing', refused('background-failed', 'The disk is full.'))
    click('open-withdraw')
    click('withdraw-sure')
    await waitFor(() => expect(text('withdraw-problem')).toBe('The disk is full.'))
    expect((screen.getByTestId('withdraw-dialog') as HTMLDialogElement).open).toBe(true)
  })
})

describe('the list of what went through', () => {
  test('it says how many rows are kept, and opens the page', () => {
    const openPage = vi.fn(async () => {})
    openOptions('sharing', (host) => ({ ...host, openPage }))
    expect(text('activity-rows')).toBe('4,812 exchanges are kept.')
    click('open-activity')
    expect(openPage.mock.calls).toEqual([['activity']])
  })

  test('it is deleted only after a second question', async () => {
    const { sendCommand } = openOptions('sharing')
    click('clear-activity')
    expect(sendCommand.mock.calls.map(([name]) => name)).not.toContain('clearActivity')
    click('clear-yes')
    await waitFor(() => expect(text('clear-note')).toBe(activity.cleared))
    expect(sendCommand.mock.calls).toContainEqual(['clearActivity'])
  })
})
