import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TargetQueue } from './target-queue.ts'

const live = () => new AbortController().signal
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('the queue of targets', () => {
  it('a second exchange of the same URL waits until the first has left', async () => {
    const queue = new TargetQueue()
    const leave = await queue.enter({ url: 'http://a/1', host: 'a' }, live())
    let entered = false
    const second = queue.enter({ url: 'http://a/1', host: 'a' }, live()).then(() => {
      entered = true
    })
    await turn()
    expect(entered).toBe(false)
    leave()
    await second
    expect(entered).toBe(true)
  })

  it('one who cannot enter does not hold up others behind', async () => {
    const queue = new TargetQueue(1)
    await queue.enter({ url: 'http://a/1', host: 'a' }, live())
    void queue.enter({ url: 'http://a/2', host: 'a' }, live())
    await expect(queue.enter({ url: 'http://b/1', host: 'b' }, live())).resolves.toBeTypeOf('function')
    expect(queue.waiting).toBe(1)
  })

  it('one who gives up while waiting leaves no place taken', async () => {
    const queue = new TargetQueue()
    const giveUp = new AbortController()
    const leave = await queue.enter({ url: 'http://a/1', host: 'a' }, live())
    const second = queue.enter({ url: 'http://a/1', host: 'a' }, giveUp.signal)
    giveUp.abort(new Error('stopped'))
    await expect(second).rejects.toThrow('stopped')
    leave()
    await expect(queue.enter({ url: 'http://a/1', host: 'a' }, live())).resolves.toBeTypeOf('function')
  })

  it('leaving twice frees one place', async () => {
    const queue = new TargetQueue(1)
    const leave = await queue.enter({ url: 'http://a/1', host: 'a' }, live())
    leave()
    await queue.enter({ url: 'http://a/2', host: 'a' }, live())
    leave()
    void queue.enter({ url: 'http://a/3', host: 'a' }, live())
    await turn()
    expect(queue.waiting).toBe(1)
  })

  it('never lets two into one URL or too many to one host, and lets everybody in at last', async () => {
    const arrivals = fc.array(fc.record({ url: fc.nat(4), host: fc.nat(2), givesUp: fc.boolean() }), {
      maxLength: 40,
    })
    await fc.assert(
      fc.asyncProperty(arrivals, fc.scheduler(), async (targets, scheduler) => {
        const perHostMax = 2
        const queue = new TargetQueue(perHostMax)
        const inside: string[] = []
        const visits = targets.map(async ({ url, host, givesUp }) => {
          const target = { url: `http://${host}/${url}`, host: String(host) }
          const giveUp = new AbortController()
          if (givesUp)
            void scheduler.schedule(Promise.resolve()).then(() => giveUp.abort(new Error('gave up')))
          const leave = await queue.enter(target, giveUp.signal).catch(() => null)
          if (!leave) return
          expect(inside).not.toContain(target.url)
          inside.push(target.url)
          expect(
            inside.filter((other) => new URL(other).host === new URL(target.url).host).length,
          ).toBeLessThanOrEqual(perHostMax)
          await scheduler.schedule(Promise.resolve())
          inside.splice(inside.indexOf(target.url), 1)
          leave()
        })
        await scheduler.waitFor(Promise.all(visits))
        expect(queue.waiting).toBe(0)
        expect(inside).toEqual([])
      }),
    )
  })
})
