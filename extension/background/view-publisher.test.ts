import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { languages, notSharingReasons, type OwnerView } from '../messages/index.ts'
import { quietView } from '../messages/testing/quiet-view.ts'
import { words } from '../messages/words.ts'
import type { Badge } from '../platform/index.ts'
import { badgeOf, publishEveryMs, ViewPublisher } from './view-publisher.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function publishing() {
  const view: OwnerView = structuredClone(quietView)
  const published: OwnerView[] = []
  const badges: Badge[] = []
  const publisher = new ViewPublisher({
    view: () => structuredClone(view),
    publish: (given) => published.push(given),
    language: 'en',
    setBadge: async (badge) => void badges.push(badge),
  })
  return { view, published, badges, publisher }
}

describe('what the owner is shown', () => {
  it('a change of state shows at once, and figures in their own time', async () => {
    const { published, publisher } = publishing()
    publisher.now()
    expect(published).toHaveLength(1)
    for (let change = 0; change < 100; change += 1) publisher.soon()
    expect(published).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(publishEveryMs)
    expect(published).toHaveLength(2)
  })

  it('while bytes move the rate is shown again until it is nothing', async () => {
    const { view, published, publisher } = publishing()
    view.live.bytesPerSecond = 10
    publisher.now()
    await vi.advanceTimersByTimeAsync(publishEveryMs * 3)
    expect(published).toHaveLength(4)
    view.live.bytesPerSecond = 0
    await vi.advanceTimersByTimeAsync(publishEveryMs * 5)
    expect(published.map(({ live }) => live.bytesPerSecond)).toEqual([10, 10, 10, 10, 0])
  })

  it('the icon changes only when its state does', () => {
    const { view, badges, publisher } = publishing()
    publisher.now()
    publisher.now()
    view.sharing = { phase: 'sharing', exchangesInFlight: 0 }
    publisher.now()
    expect(badges.map(({ text }) => text)).toEqual(['…', 'on'])
  })

  it.each(notSharingReasons.flatMap((reason) => languages.map((language) => [reason, language] as const)))(
    'the icon says in at most four characters and one sentence that it does not share: %s, in %s',
    (reason, language) => {
      const { text, title } = badgeOf({ phase: 'off', reason }, language)
      expect(text.length).toBeLessThanOrEqual(4)
      expect(title).toContain(words[language].notSharing[reason])
    },
  )

  it.each([
    ['you-are-here', 'off'],
    ['relay-draining', '…'],
    ['private-address-answered', '!'],
  ] as const)('the icon tells rest, a moment and trouble apart: %s', (reason, mark) => {
    expect(badgeOf({ phase: 'off', reason }, 'en').text).toBe(mark)
  })
})
