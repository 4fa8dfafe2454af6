import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright'

const grave = ['serious', 'critical']

/** What axe finds in a page as it stands that keeps somebody out: each as a sentence with the places. */
export async function graveTroubles(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    // The pages have no frames: what is found in them need not be put together in a further tab.
    .setLegacyMode()
    .options({ resultTypes: ['violations'] })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze()
  return violations
    .filter(({ impact }) => grave.includes(impact ?? ''))
    .map(
      ({ id, help, nodes }) => `${id}: ${help} at ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
    )
}

/** How many pixels a page is wider than its window. */
export const tooWidePx = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
