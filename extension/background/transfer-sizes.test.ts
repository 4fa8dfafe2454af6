import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TransferSizes, transferSizeDeadlineMs } from './transfer-sizes.ts'

const url = 'https://target.example/page'
beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function sizesAt(nowMs: number) {
  const clock = { nowMs }
  return { clock, sizes: new TransferSizes({ nowMs: () => clock.nowMs }) }
}

describe('what the browser says that a fetch has weighed', () => {
  it('is the encoded size of the entry with its URL, whether it comes before the question or after', async () => {
    const { sizes } = sizesAt(100)
    const [early, late] = [sizes.expect(url), sizes.expect(`${url}/2`)]
    sizes.hear([{ name: url, startTime: 100, encodedBodySize: 77 }])
    expect(await early.encodedBytes()).toBe(77)
    const asked = late.encodedBytes()
    sizes.hear([{ name: `${url}/2`, startTime: 101, encodedBodySize: 88 }])
    expect(await asked).toBe(88)
  })

  it('is not the entry of an earlier fetch of the same URL', async () => {
    const { sizes } = sizesAt(100)
    const expected = sizes.expect(url)
    sizes.hear([{ name: url, startTime: 99, encodedBodySize: 5 }])
    sizes.hear([{ name: url, startTime: 130, encodedBodySize: 6 }])
    expect(await expected.encodedBytes()).toBe(6)
  })

  it('is null after a while where the browser says nothing', async () => {
    const { sizes } = sizesAt(100)
    const asked = sizes.expect(url).encodedBytes()
    await vi.advanceTimersByTimeAsync(transferSizeDeadlineMs)
    expect(await asked).toBeNull()
  })
})
