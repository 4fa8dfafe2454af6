import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright'
import { plantActivity } from '../../scripts/browser/activity.ts'
import { type NodeBrowser, startBrowser } from '../../scripts/browser/browser.ts'
import { openDisplay } from '../../scripts/browser/display.ts'
import { shipExtension } from '../../scripts/browser/extension-build.ts'
import type { Row, Sample } from '../rig/row.ts'

const manyRows = 100_000
const fewRows = 1_000
/** One wheel notch after the other, a frame each, and then a jump over the whole length. */
const wheelSteps = 600
const wheelPx = 300
const jumps = 100

export const activity: Row = {
  name: 'activity',
  what: [
    `The page "What went through my connection" of the shipped extension in a real Chromium, over a log of ${manyRows} rows and, beside it,`,
    `over one of ${fewRows}. toFirstRows: from the start of the navigation until rows stand in the document. toAllRows: until the whole log is`,
    `read and summed. longestLoadingFrame: between two frames meanwhile. longestWheelFrame: ${wheelSteps} steps of ${wheelPx} px, one each frame.`,
    `longestJumpFrame: ${jumps} jumps to other places of the whole length. search: from the key stroke until the totals of what fits stand.`,
  ].join(' '),
  async prepare() {
    await shipExtension()
    const display = await openDisplay({ prefer: 'own' })
    const home = await mkdtemp(join(tmpdir(), 'fallow-bench-'))
    const many = await openWithRows(display, join(home, 'many'), manyRows)
    const few = await openWithRows(display, join(home, 'few'), fewRows)
    return {
      sides: [
        { name: `${manyRows} rows`, run: () => look(many, manyRows) },
        { name: `${fewRows} rows`, run: () => look(few, fewRows) },
      ],
      async close() {
        await Promise.all([many.close(), few.close()])
        await display.close()
        await rm(home, { recursive: true, force: true })
      },
    }
  },
}

type Display = Awaited<ReturnType<typeof openDisplay>>

/** The worker counts its rows when it begins, so the browser is started once to plant them and once to look. */
async function openWithRows(display: Display, profile: string, rows: number): Promise<NodeBrowser> {
  const planting = await startBrowser({ display, profile })
  const page = await planting.open('options')
  await plantActivity(page, { rows, newestUnixMs: Date.now(), everyMs: 20_000, label: 'bench' })
  await planting.close()
  return startBrowser({ display, profile })
}

async function look(browser: NodeBrowser, rows: number): Promise<Sample> {
  const page = await browser.context.newPage()
  try {
    await page.addInitScript(watchLoading, rows)
    await page.goto(browser.addressOf('activity'))
    const loaded = await page.waitForFunction(() => (window as Watched).loaded, null, { timeout: 120_000 })
    const moved = await page.evaluate(scrollThrough, { wheelSteps, wheelPx, jumps })
    const found = await page.evaluate(searchOnce)
    return {
      ...((await loaded.jsonValue()) as Sample),
      ...moved,
      ...found,
      rowsInDocument: await rowsIn(page),
    }
  } finally {
    await page.close()
  }
}

const rowsIn = (page: Page): Promise<number> => page.locator('[data-testid=log-row]').count()

type Watched = Window & { loaded?: Sample }

/** Runs in the page before its own script. */
function watchLoading(rows: number): void {
  let toFirstRowsMs = 0
  let longestMs = 0
  let before = performance.now()
  const eachFrame = (now: number) => {
    longestMs = Math.max(longestMs, now - before)
    before = now
    if (toFirstRowsMs === 0 && document.querySelector('[data-testid=log-row]')) {
      toFirstRowsMs = performance.now()
      longestMs = 0
    }
    const total = document.querySelector(`[data-phase=ready] [data-testid=total-rows][value="${rows}"]`)
    if (!total) return void requestAnimationFrame(eachFrame)
    ;(window as Watched).loaded = {
      toFirstRowsMs,
      toAllRowsMs: performance.now(),
      longestLoadingFrameMs: longestMs,
    }
  }
  requestAnimationFrame(eachFrame)
}

/** Runs in the page. */
async function scrollThrough(by: { wheelSteps: number; wheelPx: number; jumps: number }): Promise<Sample> {
  const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve))
  const longestOf = async (steps: number, step: (at: number) => void) => {
    let longest = 0
    let before = await frame()
    for (let at = 0; at < steps; at += 1) {
      step(at)
      const now = await frame()
      longest = Math.max(longest, now - before)
      before = now
    }
    return longest
  }
  const longestWheelFrameMs = await longestOf(by.wheelSteps, () => window.scrollBy(0, by.wheelPx))
  const longestJumpFrameMs = await longestOf(by.jumps, (at) =>
    window.scrollTo(0, ((at * 37) % by.jumps) * (document.documentElement.scrollHeight / by.jumps)),
  )
  window.scrollTo(0, 0)
  return { longestWheelFrameMs, longestJumpFrameMs }
}

/** Runs in the page. */
async function searchOnce(): Promise<Sample> {
  const search = document.querySelector<HTMLInputElement>('[data-testid=filter-search]')
  const total = () => document.querySelector('[data-testid=total-rows]')?.getAttribute('value')
  if (!search) throw new Error('the page has no search')
  const [before, begun] = [total(), performance.now()]
  search.value = 'site7.example 404'
  search.dispatchEvent(new InputEvent('input', { bubbles: true }))
  while (total() === before) await new Promise((resolve) => requestAnimationFrame(resolve))
  return { searchMs: performance.now() - begun }
}
