import { createHash } from 'node:crypto'
import { getEventListeners } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import { requestBodyBytesMax, windowBytesInitial } from '#protocol'
import { type Dice, diceOf } from '../../protocol/testing/dice.ts'
import { readBody } from '../testing/node-side.ts'
import { useNodeStage } from '../testing/node-stage.ts'
import { connectScriptedNode, type ScriptedLane } from '../testing/scripted-node.ts'
import { TestBudget } from '../testing/test-budget.ts'
import { ExchangeFailure } from './exchange-failure.ts'

const MIB = 1024 * 1024
const stage = useNodeStage({
  limits: { stopDeadlineMs: 500 },
  silence: { nodeMs: 400, customerMs: 1_500, checkEveryMs: 50 },
})
afterEach(() => {
  expect(stage.side.logged.filter(({ sentence }) => sentence.includes('refused'))).toEqual([])
})

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const turn = () => new Promise((resolve) => setImmediate(resolve))
const noise = (length: number) =>
  Buffer.from(diceOf(length).bytes(Math.min(length, MIB)))
    .toString('latin1')
    .repeat(Math.ceil(length / MIB))
    .slice(0, length)
const bytesOf = (length: number) => Buffer.from(noise(length), 'latin1')

describe('a slow customer', () => {
  test('makes the node wait: what it may send never exceeds what was read and the window', async () => {
    const body = bytesOf(4 * MIB)
    const lanes: ScriptedLane[] = []
    const node = await stage.link(async (lane) => {
      lanes.push(lane)
      lane.head()
      await lane.chunk(body)
      lane.end()
    })
    const { body: answer } = await stage.side.ask()
    const pieces: Uint8Array[] = []
    let readBytes = 0
    for (let stops = 0; stops < 5; stops += 1) {
      await expect.poll(() => lanes[0]?.window.room).toBe(0)
      expect(node.count.carriedUp).toBeLessThanOrEqual(readBytes + windowBytesInitial)
      for (let piece = 0; piece < 3; piece += 1) {
        pieces.push((await answer.read()) as Uint8Array)
        readBytes += pieces.at(-1)?.length ?? 0
        expect(node.count.carriedUp).toBeLessThanOrEqual(readBytes + windowBytesInitial)
      }
    }
    for (let piece = await answer.read(); piece; piece = await answer.read()) pieces.push(piece)
    expect(hashOf(Buffer.concat(pieces))).toBe(hashOf(body))
    expect(await answer.ending).toMatchObject({ outcome: 'completed', carriedBytes: 4 * MIB })
  })

  test('that takes nothing for too long has left; the node is free again and what it carried is charged', async () => {
    const node = await stage.link(async (lane) => {
      lane.head()
      await lane.chunk(new Uint8Array(MIB)).catch(() => lane.failed('stopped'))
    })
    const answer = await stage.side.ask()
    expect(await answer.body.ending).toMatchObject({
      outcome: 'customer-left',
      charged: true,
      carriedBytes: windowBytesInitial,
    })
    expect(await answer.body.read()).toBeNull()
    expect(node.socket.readyState).toBe(node.socket.OPEN)
  })
})

test('a node that falls silent in mid-body is a node-timeout, and free', async () => {
  await stage.link(async (lane) => {
    lane.head()
    await lane.chunk(new Uint8Array(1_000))
    lane.stopped.addEventListener('abort', () => lane.failed('stopped'))
  })
  const { ending } = await readBody(await stage.side.ask())
  expect(ending).toMatchObject({ outcome: 'node-timeout', charged: false, carriedBytes: 1_000 })
})

describe("a request's body", () => {
  test('of the largest size arrives byte for byte', async () => {
    const body = bytesOf(requestBodyBytesMax)
    await stage.link(async (lane) => lane.answer({ body: hashOf(await lane.body()) }))
    const { bytes, ending } = await readBody(await stage.side.ask({ method: 'POST', body }))
    expect(bytes.toString()).toBe(hashOf(body))
    expect(ending).toMatchObject({ carriedBytes: requestBodyBytesMax + 64, charged: true })
  })

  test('stops at the window of a node that grants nothing, and goes on with its grants', async () => {
    let received = 0
    const grants: (() => void)[] = []
    const started = connectScriptedNode({
      relayUrl: stage.side.url,
      onLane(lane) {
        lane.acceptBody = ({ length }) => {
          received += length
          grants.push(
            () =>
              void started.then((self) => self.send({ type: 'grant', lane: lane.open.lane, bytes: length })),
          )
        }
        lane.acceptEnd = () => lane.answer({ body: 'got it' })
      },
    })
    await stage.keep(started)
    const asking = stage.side.ask({ method: 'PUT', body: bytesOf(MIB) })
    await expect.poll(() => received).toBe(windowBytesInitial)
    for (let quiet = 0; quiet < 20; quiet += 1) await turn()
    expect(received).toBe(windowBytesInitial)
    const granting = setInterval(() => grants.shift()?.(), 1)
    expect((await readBody(await asking)).bytes.toString()).toBe('got it')
    clearInterval(granting)
    expect(received).toBe(MIB)
  })

  test('ends where an early answer comes, and both sides count the same', async () => {
    const node = await stage.link((lane) => lane.answer({ status: 404, body: 'no need to go on' }))
    const { bytes, ending } = await readBody(
      await stage.side.ask({ method: 'POST', body: bytesOf(requestBodyBytesMax) }),
    )
    expect(bytes.toString()).toBe('no need to go on')
    expect(ending.carriedBytes).toBeLessThan(MIB)
    node.leave()
    await node.closed
    await stage.side.settled()
    await stage.books.expectBalance([node])
  })

  test('is counted as far as it went when the node closes its socket in the middle of it', async () => {
    for (let round = 0; round < 10; round += 1) {
      const started = connectScriptedNode({
        relayUrl: stage.side.url,
        onLane(lane) {
          let pieces = 0
          const grant = lane.acceptBody.bind(lane)
          lane.acceptBody = (bytes) => {
            pieces += 1
            if (pieces < 3 + round) grant(bytes)
            else void started.then((self) => self.socket.close())
          }
        },
      })
      await stage.keep(started)
      await expect(
        stage.side.ask({ method: 'POST', body: bytesOf(requestBodyBytesMax) }),
      ).rejects.toMatchObject({
        code: 'node-vanished',
      })
      await started.then((self) => self.closed)
    }
  })
})

test('cancelled at 200 random moments, an exchange leaves nothing behind', async () => {
  const timersBefore = timersAlive()
  const node = await stage.link(playAnything)
  const budgets: TestBudget[] = []
  const signals: AbortSignal[] = []
  const before = stage.side.ended.length
  for (let seed = 1; seed <= 200; seed += 1) {
    const budget = new TestBudget()
    const leaving = new AbortController()
    budgets.push(budget)
    signals.push(leaving.signal)
    await cancelSomewhere(diceOf(seed), seed, budget, leaving)
  }
  await expect.poll(() => stage.side.ended.length - before).toBe(200)
  expect(budgets.filter(({ closedWith }) => closedWith.length !== 1)).toEqual([])
  expect(signals.filter((signal) => getEventListeners(signal, 'abort').length > 0)).toEqual([])
  expect(stage.side.roster.all().map((one) => [one.lanesInUse, one.slotsTaken])).toEqual([[0, 0]])
  expect(node.socket.readyState).toBe(node.socket.OPEN)
  node.leave()
  await node.closed
  await stage.side.settled()
  expect(budgets.reduce((sum, { closedWith: [used = 0] }) => sum + used, 0)).toBe(
    Number((await stage.books.since()).chargedBytes),
  )
  await stage.books.expectBalance([node])
  await expect.poll(timersAlive).toBeLessThanOrEqual(timersBefore)
})

const timersAlive = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length

/** The node's part is drawn from the lane's number: answers of every kind, redirects, slow heads. */
async function playAnything(lane: ScriptedLane): Promise<void> {
  const dice = diceOf(lane.open.lane * 7_919)
  const wait = async (turns: number) => {
    for (let count = dice.upTo(turns); count > 0; count -= 1) await turn()
  }
  try {
    await wait(6)
    lane.stopped.throwIfAborted()
    if (dice.upTo(3) === 0) return lane.answer({ body: dice.bytes(dice.upTo(5_000)) })
    if (dice.upTo(4) === 0 && !lane.open.url.endsWith('/next'))
      return lane.answer({ status: 307, headers: [['location', '/next']] })
    lane.head()
    await wait(4)
    await lane.chunk(new Uint8Array(dice.upTo(2 * MIB)))
    await wait(4)
    lane.stopped.throwIfAborted()
    lane.end()
  } catch {
    lane.failed('stopped')
  }
}

async function cancelSomewhere(
  dice: Dice,
  seed: number,
  budget: TestBudget,
  leaving: AbortController,
): Promise<void> {
  const body = dice.upTo(3) === 0 ? Buffer.from(dice.bytes(dice.upTo(400_000))) : null
  const asking = stage.side.ask({
    url: `https://host${seed}.example/`,
    method: body ? 'PUT' : 'GET',
    body,
    budget,
    signal: leaving.signal,
  })
  const afterTurns = dice.upTo(25)
  const beforeHead = (async () => {
    for (let count = 0; count < afterTurns; count += 1) await turn()
    if (dice.upTo(2)) leaving.abort()
  })()
  try {
    const { body: answer } = await asking
    for (let reads = dice.upTo(12); reads > 0 && (await answer.read()); reads -= 1);
    answer.cancel('customer-left')
    await answer.ending
  } catch (error) {
    if (!(error instanceof ExchangeFailure) || error.code !== 'stopped') throw error
  }
  await beforeHead
}
