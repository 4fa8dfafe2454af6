// @vitest-environment happy-dom
import { cleanup, fireEvent, screen, waitFor } from '@testing-library/preact'
import { afterEach, describe, expect, test } from 'vitest'
import { words } from '../messages/words.ts'
import { openOptions, refused } from './testing/open-options.tsx'

afterEach(cleanup)

const { limits, rules, saved } = words.en.options
const field = (testId: string) => screen.getByTestId(testId) as HTMLInputElement

/** Types and leaves the field, as the browser tells of it. */
function type(testId: string, text: string): void {
  fireEvent.input(field(testId), { target: { value: text } })
  fireEvent.change(field(testId))
}

const noteOf = (name: string) => screen.getByTestId(`note-${name}`).textContent

describe('caps and limits', () => {
  test('a cap is sent in bytes as soon as its field is left, and the page says that it was saved', async () => {
    const { sendCommand } = openOptions('sharing')
    type('cap-day', '1.5')
    await waitFor(() => expect(noteOf('cap-day')).toBe(saved))
    const caps = { hourBytes: null, dayBytes: 1_500_000_000, monthBytes: null, monthResetDay: 1 }
    expect(sendCommand.mock.calls).toContainEqual(['changeSettings', { caps }])
    expect(field('cap-day').value).toBe('1.5')
    expect(field('cap-day-unit').value).toBe('GB')
  })

  test('an emptied cap is no cap', async () => {
    const { sendCommand } = openOptions('sharing')
    type('cap-hour', '2')
    await waitFor(() => expect(field('cap-hour').value).toBe('2'))
    type('cap-hour', '')
    await waitFor(() => expect(sendCommand.mock.lastCall?.[1]).toMatchObject({ caps: { hourBytes: null } }))
  })

  test.each(['a lot', '0', '-3', '1e30'])(
    '"%s" is no cap: the field says so, and nothing is sent',
    async (text) => {
      const { sendCommand } = openOptions('sharing')
      type('cap-month', text)
      await waitFor(() => expect(noteOf('cap-month')).toBe(limits.notNumber))
      expect(field('cap-month').getAttribute('aria-invalid')).toBe('true')
      expect(field('cap-month').value).toBe(text)
      expect(sendCommand.mock.calls.map(([name]) => name)).not.toContain('changeSettings')
    },
  )

  test('it shows what is used of each cap', () => {
    openOptions('sharing')
    expect(document.querySelector('#cap-day-used')?.textContent).toContain('61.3 MB')
  })

  test('the speed limit is sent in bytes a second, and empty is none', async () => {
    const { sendCommand } = openOptions('sharing')
    type('rate', '800')
    await waitFor(() => expect(noteOf('rate')).toBe(saved))
    expect(sendCommand.mock.lastCall).toEqual(['changeSettings', { upBytesPerSecondMax: 800_000 }])
    type('rate', '')
    await waitFor(() => expect(sendCommand.mock.lastCall?.[1]).toEqual({ upBytesPerSecondMax: null }))
  })

  test('more lanes than the protocol has are refused in the page', async () => {
    openOptions('sharing')
    type('lanes', '65')
    await waitFor(() => expect(noteOf('lanes')).toBe('Write a whole number from 1 to 64.'))
  })

  test('a limited connection without a monthly cap is said to share nothing', async () => {
    openOptions('sharing')
    expect(screen.queryByTestId('cap-missing')).toBeNull()
    fireEvent.click(field('unlimited-no'))
    await waitFor(() => expect(screen.getByTestId('cap-missing')).toBeTruthy())
    type('cap-month', '50')
    await waitFor(() => expect(screen.queryByTestId('cap-missing')).toBeNull())
  })

  test('what the background refuses is said at the field', async () => {
    const detail = 'A cap of one day cannot be larger than that of a month.'
    openOptions('sharing', refused('settings-invalid', detail))
    type('cap-day', '3')
    await waitFor(() => expect(noteOf('cap-day')).toBe(detail))
    cleanup()
    openOptions('sharing&lang=ja', refused('settings-invalid', detail))
    type('cap-day', '3')
    await waitFor(() => expect(noteOf('cap-day')).toBe(words.ja.failures['settings-invalid']))
  })
})

describe('when to share', () => {
  test('the mode and the answers of the agreement can be changed', async () => {
    const { sendCommand } = openOptions('sharing')
    expect(field('mode-always').checked).toBe(true)
    fireEvent.click(field('mode-when-away'))
    fireEvent.click(field('battery-yes'))
    await waitFor(() => expect(noteOf('battery')).toBe(saved))
    expect(sendCommand.mock.calls).toContainEqual(['changeSettings', { mode: 'when-away' }])
    expect(sendCommand.mock.calls).toContainEqual(['changeSettings', { shareOnBattery: true }])
  })

  test('the plan is painted by dragging, saved when it ends, and counted', async () => {
    const { sendCommand } = openOptions('sharing')
    const cells = screen.getAllByRole('gridcell')
    expect(cells).toHaveLength(168)
    fireEvent.pointerDown(cells[24 + 8] as Element, { button: 0 })
    fireEvent.pointerEnter(cells[48 + 9] as Element)
    expect(cells[24 + 9]?.getAttribute('aria-selected')).toBe('false')
    expect(sendCommand.mock.calls.map(([name]) => name)).not.toContain('changeSettings')
    fireEvent.pointerUp(window)
    await waitFor(() => expect(screen.getByTestId('schedule-hours').textContent).toBe('164 of 168 hours'))
    const schedule = `${'1'.repeat(24)}${`${'1'.repeat(8)}00${'1'.repeat(14)}`.repeat(2)}${'1'.repeat(96)}`
    expect(sendCommand.mock.lastCall).toEqual(['changeSettings', { schedule }])
  })

  test('with the keyboard the arrows move through one tab stop, space switches, and shift paints', async () => {
    openOptions('sharing')
    const grid = screen.getByTestId('schedule')
    const cells = screen.getAllByRole('gridcell')
    const press = (key: string, shiftKey = false) => fireEvent.keyDown(grid, { key, shiftKey })
    const isShared = (index: number) => cells[index]?.getAttribute('aria-selected') === 'true'
    expect(cells.filter((cell) => cell.tabIndex === 0)).toHaveLength(1)
    cells[0]?.focus()
    press('ArrowDown')
    press('ArrowRight')
    expect(document.activeElement).toBe(cells[25])
    press(' ')
    await waitFor(() => expect(isShared(25)).toBe(false))
    press('ArrowRight', true)
    await waitFor(() => expect(isShared(26)).toBe(false))
    press('End')
    press('ArrowRight')
    expect(document.activeElement).toBe(cells[47])
    expect(cells[47]?.getAttribute('aria-label')).toContain('Tuesday')
  })

  test('a whole week is no plan, and a cleared one is said to share nothing', async () => {
    const { sendCommand } = openOptions('sharing')
    fireEvent.click(screen.getByTestId('schedule-none'))
    await waitFor(() =>
      expect(screen.getByTestId('schedule-hours').textContent).toBe(words.en.options.when.never),
    )
    fireEvent.click(screen.getByTestId('schedule-always'))
    await waitFor(() => expect(sendCommand.mock.lastCall?.[1]).toEqual({ schedule: null }))
  })
})

describe('rules', () => {
  test('a kind of sites is refused with one click, and allowed with another', async () => {
    const { sendCommand } = openOptions('sharing')
    fireEvent.click(field('category-gambling'))
    await waitFor(() => expect(field('category-gambling').checked).toBe(true))
    expect(sendCommand.mock.lastCall?.[1]).toMatchObject({ rules: { deniedCategories: ['gambling'] } })
    fireEvent.click(field('category-gambling'))
    await waitFor(() =>
      expect(sendCommand.mock.lastCall?.[1]).toMatchObject({ rules: { deniedCategories: [] } }),
    )
  })

  test('sites are taken from whatever was pasted, once each, and removed again', async () => {
    const { sendCommand } = openOptions('sharing')
    type('denied-hosts-input', 'https://Shop.Example.org/basket?x=1, news.example.org shop.example.org')
    fireEvent.click(screen.getByTestId('denied-hosts-add'))
    await waitFor(() => expect(screen.getByTestId('denied-hosts-list').children).toHaveLength(2))
    const deniedHosts = ['shop.example.org', 'news.example.org']
    expect(sendCommand.mock.lastCall?.[1]).toMatchObject({ rules: { deniedHosts } })
    fireEvent.click(screen.getByRole('button', { name: 'Remove shop.example.org' }))
    await waitFor(() => expect(screen.getByTestId('denied-hosts-list').children).toHaveLength(1))
  })

  test('what is no site is named, and kept in the field', async () => {
    openOptions('sharing')
    type('allowed-hosts-input', 'b..c&d')
    fireEvent.click(screen.getByTestId('allowed-hosts-add'))
    await waitFor(() => expect(noteOf('allowed-hosts')).toContain('b..c&d'))
    expect(field('allowed-hosts-input').value).toBe('b..c&d')
  })

  test('nothing but the allowed, with none allowed, is said to fetch nothing', async () => {
    openOptions('sharing')
    fireEvent.click(field('only-allowed'))
    await waitFor(() =>
      expect(screen.getByTestId('only-allowed-empty').textContent).toBe(rules.onlyAllowedEmpty),
    )
  })

  test('a refused customer is listed by name, and can be taken back', async () => {
    const { host } = openOptions('sharing')
    await host.background.sendCommand('refuseCustomer', { id: 'c_9', label: 'Prisma Prices' })
    await waitFor(() => expect(screen.getByTestId('denied-customers').textContent).toContain('Prisma Prices'))
    fireEvent.click(screen.getByRole('button', { name: 'Remove Prisma Prices' }))
    await waitFor(() => expect(screen.queryByTestId('denied-customers')).toBeNull())
  })
})
