import type { Page } from 'playwright'

const log = 'activity/index.html?fake=sharing&still'

/** The log in its states, as far as a picture shows them. Only what is seen without scrolling: it is thousands of rows long. */
export const activityShots = [
  shot('activity', 1280, seeRows),
  shot('activity-middle', 900, seeRows),
  shot('activity-zoomed', 640, seeRows),
  shot('activity-narrow', 320, seeRows),
  shot('activity-scrolled', 1280, scrollFar),
  shot('activity-filtered', 1280, filterLog),
  shot('activity-nothing-fits', 1280, searchInVain),
  shot('activity-row', 1280, openRow),
  shot('activity-row-narrow', 320, openRow),
  shot('activity-refuse', 1280, askToRefuse),
  shot('activity-delete', 1280, askToDelete),
  shot('activity-deleted', 1280, deleteLog),
  { ...shot('activity-empty', 1280, seeEmpty), path: `${log}&rows=0` },
]

function shot(name: string, widthPx: number, prepare: (page: Page) => Promise<void>) {
  return { name, path: log, widthPx, firstSight: true, prepare }
}

function seeRows(page: Page): Promise<void> {
  return page.locator('[data-phase=ready] [data-testid=log-row]').first().waitFor()
}

function seeEmpty(page: Page): Promise<void> {
  return page.getByTestId('log-empty').waitFor()
}

async function scrollFar(page: Page): Promise<void> {
  await seeRows(page)
  await page.evaluate(() => window.scrollTo(0, 60_000))
  await page.locator('[data-at="1570"]').waitFor()
}

async function filterLog(page: Page): Promise<void> {
  await seeRows(page)
  await page.getByTestId('filter-site').fill('wikipedia.org')
  await page.getByTestId('filter-search').fill('lexicon 404')
}

async function searchInVain(page: Page): Promise<void> {
  await seeRows(page)
  await page.getByTestId('filter-search').fill('nothing like this')
}

/** One with redirects, where the window has room for one. */
async function openRow(page: Page): Promise<void> {
  await seeRows(page)
  const rows = page.getByTestId('log-row')
  const redirected = rows.filter({ hasText: /redirect|転送/ })
  await ((await redirected.count()) > 0 ? redirected : rows).first().click()
}

async function askToRefuse(page: Page): Promise<void> {
  await openRow(page)
  await page.getByTestId('refuse-customer').click()
}

async function askToDelete(page: Page): Promise<void> {
  await seeRows(page)
  await page.getByTestId('delete-log').click()
}

async function deleteLog(page: Page): Promise<void> {
  await askToDelete(page)
  await page.getByTestId('delete-yes').click()
  await page.getByTestId('log-deleted').waitFor()
}
