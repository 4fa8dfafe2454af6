import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { lanesMax, messageBytesMax, sentenceCharactersMax } from '#protocol'
import type { ByteCaps } from '../messages/index.ts'
import type { LineRow } from '../storage/index.ts'
import { messageLineBytes } from './line-bytes.ts'
import { capOvershootBytesMax, LineCaps, lineSaveBytes, lineSaveMs } from './line-caps.ts'

const noCaps = { hourBytes: null, dayBytes: null, monthBytes: null, monthResetDay: 1 }

beforeEach(() => void vi.useFakeTimers({ now: new Date(2026, 10, 26, 12, 30) }))
afterEach(() => void vi.useRealTimers())

function capsOf(caps: ByteCaps = { ...noCaps }) {
  const saved: LineRow[] = []
  const turns: boolean[] = []
  let fails = false
  const line: LineCaps = new LineCaps({
    caps: () => caps,
    nowUnixMs: Date.now,
    async save(rows) {
      if (fails) throw new Error('the disk is full')
      saved.push(...rows)
    },
    turned: () => void turns.push(line.halted),
  })
  const savedBytes = () => saved.reduce((sum, { bytes }) => sum + bytes, 0)
  const failSaving = (value: boolean) => {
    fails = value
  }
  return { line, caps, turns, savedBytes, failSaving }
}

describe('the caps', () => {
  it('halt with the byte that reaches one, and tell it once, in a turn of its own', () => {
    const { line, caps, turns } = capsOf()
    caps.dayBytes = 1_000
    line.note(999)
    expect(line.halted).toBe(false)
    line.note(1)
    line.note(5)
    expect(line.reached).toMatchObject({ reason: 'day-cap-reached' })
    expect(turns).toEqual([])
    vi.advanceTimersByTime(0)
    expect(turns).toEqual([true])
    line.note(5)
    vi.advanceTimersByTime(100)
    expect(turns).toEqual([true])
  })

  it('a count that is corrected below the cap is told too', () => {
    const { line, caps, turns } = capsOf()
    caps.dayBytes = 1_000
    line.note(5_000)
    vi.advanceTimersByTime(0)
    line.note(-4_500)
    vi.advanceTimersByTime(0)
    expect(turns).toEqual([true, false])
  })

  it('whatever passes, a sender that asks before each message stops within the bound over the cap', () => {
    const largest = messageLineBytes(new Uint8Array(messageBytesMax), 'up')
    const failed = JSON.stringify({
      type: 'failed',
      lane: 2 ** 32 - 1,
      code: 'owner-cap',
      detail: 'x'.repeat(sentenceCharactersMax),
    })
    const endings = lanesMax * messageLineBytes(failed, 'up') + messageLineBytes(failed, 'up')
    const sizes = fc.array(fc.integer({ min: 1, max: largest }), { minLength: 50, maxLength: 200 })
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1_000_000, max: 5_000_000 }), (messages, dayBytes) => {
        const { line } = capsOf({ ...noCaps, dayBytes })
        for (const bytes of messages) if (!line.halted) line.note(bytes)
        if (line.halted) line.note(endings)
        expect(line.sums().dayBytes).toBeLessThan(dayBytes + capOvershootBytesMax)
      }),
    )
  })

  it('a worker that is killed forgets at most the last second, and of a fast second at most a mebibyte', async () => {
    const { line, savedBytes } = capsOf()
    line.note(100)
    expect(savedBytes()).toBe(0)
    await vi.advanceTimersByTimeAsync(lineSaveMs)
    expect(savedBytes()).toBe(100)
    line.note(lineSaveBytes)
    expect(savedBytes()).toBe(100 + lineSaveBytes)
    await vi.advanceTimersByTimeAsync(10 * lineSaveMs)
    expect(savedBytes()).toBe(100 + lineSaveBytes)
  })

  it('what could not be saved is saved with the next', async () => {
    const { line, savedBytes, failSaving } = capsOf()
    failSaving(true)
    line.note(100)
    await vi.advanceTimersByTimeAsync(lineSaveMs)
    failSaving(false)
    line.note(1)
    await vi.advanceTimersByTimeAsync(lineSaveMs)
    expect(savedBytes()).toBe(101)
  })

  it('a new day and a raised cap have room again', () => {
    const { line, caps } = capsOf()
    caps.dayBytes = 1_000
    line.note(1_000)
    caps.dayBytes = 1_001
    expect(line.halted).toBe(false)
    line.note(1)
    expect(line.halted).toBe(true)
    vi.setSystemTime(line.reached?.untilUnixMs ?? 0)
    expect(line.halted).toBe(false)
  })
})
