import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PresenceWatch, powerDeadlineMs } from './presence-watch.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A browser whose answers the test gives, in its own time. */
function startWatch() {
  const reads: PromiseWithResolvers<'here' | 'away'>[] = []
  const pages: PromiseWithResolvers<void>[] = []
  const heard = { changes: 0, closedPages: 0 }
  const connection = { savesData: false, isCellular: false }
  const watch = new PresenceWatch({
    readOwner() {
      const read = Promise.withResolvers<'here' | 'away'>()
      reads.push(read)
      return read.promise
    },
    openPowerPage() {
      const page = Promise.withResolvers<void>()
      pages.push(page)
      return page.promise
    },
    async closePowerPage() {
      heard.closedPages += 1
    },
    readConnection: () => connection,
    changed() {
      heard.changes += 1
    },
  })
  return { watch, reads, pages, heard, connection }
}

const settle = () => vi.advanceTimersByTimeAsync(0)

describe('whether the owner is here', () => {
  it('is unread until the browser has answered, then as it says', async () => {
    const { watch, reads, heard } = startWatch()
    void watch.look()
    expect(watch.now().owner).toBe('unread')
    reads[0]?.resolve('away')
    await settle()
    expect(watch.now().owner).toBe('away')
    watch.heardOwner('here')
    expect(watch.now().owner).toBe('here')
    expect(heard.changes).toBe(2)
  })

  it('becomes unknown when the browser no longer says it, and known again when it does', async () => {
    const { watch, reads } = startWatch()
    watch.heardOwner('away')
    void watch.look()
    reads[0]?.reject(new Error('the browser does not know'))
    await settle()
    expect(watch.now().owner).toBe('unknown')
    void watch.look()
    reads[1]?.resolve('away')
    await settle()
    expect(watch.now().owner).toBe('away')
  })

  it('an answer that was overtaken by news counts for nothing', async () => {
    const { watch, reads } = startWatch()
    void watch.look()
    watch.heardOwner('here')
    reads[0]?.resolve('away')
    await settle()
    expect(watch.now().owner).toBe('here')
  })

  it('what has not changed is told to nobody', async () => {
    const { watch, heard } = startWatch()
    watch.heardOwner('here')
    watch.heardOwner('here')
    expect(heard.changes).toBe(1)
  })
})

describe('what the computer runs on', () => {
  it('is asked for only while somebody needs to know', () => {
    const { watch, pages, heard } = startWatch()
    watch.needPower(false)
    expect([pages.length, heard.closedPages]).toEqual([0, 0])
    watch.needPower(true)
    watch.needPower(true)
    expect(pages).toHaveLength(1)
    watch.heardPower('battery')
    expect(watch.now().power).toBe('battery')
    watch.needPower(false)
    expect(heard.closedPages).toBe(1)
    watch.heardPower('mains')
    expect(watch.now().power).toBe('unread')
  })

  it('is unknown where the page says nothing in time', async () => {
    const { watch } = startWatch()
    watch.needPower(true)
    await vi.advanceTimersByTimeAsync(powerDeadlineMs - 1)
    expect(watch.now().power).toBe('unread')
    await vi.advanceTimersByTimeAsync(1)
    expect(watch.now().power).toBe('unknown')
  })

  it('is unknown at once where the browser has no such page', async () => {
    const { watch, pages } = startWatch()
    watch.needPower(true)
    pages[0]?.reject(new Error('no such page'))
    await settle()
    expect(watch.now().power).toBe('unknown')
  })

  it('becomes unknown when the page is gone, and a new page is tried at the next look', async () => {
    const { watch, pages } = startWatch()
    watch.needPower(true)
    watch.heardPower('mains')
    watch.lostPower()
    expect(watch.now().power).toBe('unknown')
    void watch.look()
    expect(pages).toHaveLength(2)
    watch.heardPower('mains')
    expect(watch.now().power).toBe('mains')
    await vi.advanceTimersByTimeAsync(powerDeadlineMs)
    expect(watch.now().power).toBe('mains')
  })

  it('a page of an earlier worker that goes while the new one opens is no news', () => {
    const { watch, heard } = startWatch()
    watch.needPower(true)
    watch.lostPower()
    expect(watch.now().power).toBe('unread')
    expect(heard.changes).toBe(0)
  })

  it('a page that is opened and taken back before it could fail leaves nothing behind', async () => {
    const { watch, pages, heard } = startWatch()
    watch.needPower(true)
    watch.needPower(false)
    pages[0]?.reject(new Error('closed meanwhile'))
    await vi.advanceTimersByTimeAsync(powerDeadlineMs)
    expect(watch.now().power).toBe('unread')
    expect(heard.changes).toBe(0)
  })
})

it('the connection is read at every look, because not every change of it is told', () => {
  const { watch, connection } = startWatch()
  expect(watch.now()).toMatchObject({ savesData: false, isCellular: false })
  Object.assign(connection, { savesData: true, isCellular: true })
  expect(watch.now()).toMatchObject({ savesData: true, isCellular: true })
})
