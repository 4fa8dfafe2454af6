import { describe, expect, test, vi } from 'vitest'
import { RawClient } from '../testing/raw-client.ts'
import { useRelayStage } from '../testing/relay-stage.ts'
import type { ScriptedLane } from '../testing/scripted-node.ts'

const url = 'https://93.184.216.34/'

const stage = useRelayStage()

describe('a customer that leaves', () => {
  const endless = async (lane: ScriptedLane) => {
    lane.head(200)
    try {
      for (;;) await lane.chunk(Buffer.alloc(64 * 1024))
    } catch {
      lane.failed('stopped')
    }
  }

  test('in the middle of a body makes the node stop', async () => {
    const stopped = Promise.withResolvers<void>()
    stage.onLane = (lane) => endless(lane).then(stopped.resolve)
    const client = new RawClient(stage.relay.url)
    client.post(stage.customer.apiKey, { url })
    await client.until('200 OK')
    client.vanish()
    await stopped.promise
  })

  test('before the head makes the node stop', async () => {
    const opened = Promise.withResolvers<void>()
    const stopped = Promise.withResolvers<void>()
    stage.onLane = (lane) => {
      opened.resolve()
      lane.stopped.addEventListener('abort', () => {
        lane.failed('stopped')
        stopped.resolve()
      })
    }
    const client = new RawClient(stage.relay.url)
    client.post(stage.customer.apiKey, { url })
    await opened.promise
    client.vanish()
    await stopped.promise
  })

  test('with requests in line behind one another stops them all', async () => {
    const running = new Set<ScriptedLane>()
    const allOpen = Promise.withResolvers<void>()
    const allStopped = Promise.withResolvers<void>()
    stage.onLane = async (lane) => {
      running.add(lane)
      if (running.size === 3) allOpen.resolve()
      await endless(lane)
      running.delete(lane)
      if (running.size === 0) allStopped.resolve()
    }
    const client = new RawClient(stage.relay.url)
    for (let index = 0; index < 3; index += 1) client.post(stage.customer.apiKey, { url: `${url}${index}` })
    await allOpen.promise
    client.vanish()
    await allStopped.promise
  })

  test('does not stop a customer that merely reads slowly: the node waits', async () => {
    let sent = 0
    stage.onLane = async (lane) => {
      lane.head(200)
      for (let index = 0; index < 64; index += 1) {
        await lane.chunk(Buffer.alloc(64 * 1024, index))
        sent += 64 * 1024
      }
      lane.end()
    }
    const client = new RawClient(stage.relay.url)
    client.socket.pause()
    client.post(stage.customer.apiKey, { url })
    await stage.node.frame('grant')
    expect(sent).toBeLessThan(64 * 64 * 1024)
    client.socket.resume()
    await client.until('Fallow-Outcome: completed')
    client.vanish()
  })
})

describe('one connection', () => {
  test('serves one request after the other', async () => {
    const client = new RawClient(stage.relay.url)
    for (let index = 0; index < 5; index += 1) {
      stage.onLane = (lane) => lane.answer({ body: `this is page ${index}` })
      client.post(stage.customer.apiKey, { url })
      await client.until(new RegExp(`this is page ${index}[\\s\\S]*Fallow-Outcome: completed\\r\\n\\r\\n$`))
    }
    expect(client.received.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(5)
    client.vanish()
  })

  test('answers requests that were sent ahead in their order', async () => {
    const lanes = new Map<string, ScriptedLane>()
    const all = Promise.withResolvers<void>()
    stage.onLane = (lane) => {
      lanes.set(new URL(lane.open.url).pathname, lane)
      if (lanes.size === 4) all.resolve()
    }
    const client = new RawClient(stage.relay.url)
    for (const path of ['a', 'b', 'c', 'd']) client.post(stage.customer.apiKey, { url: `${url}${path}` })
    await all.promise
    for (const path of ['/d', '/b', '/c', '/a']) lanes.get(path)?.answer({ body: `this is ${path}` })
    await client.until(
      /this is \/a[\s\S]*this is \/b[\s\S]*this is \/c[\s\S]*this is \/d[\s\S]*Fallow-Outcome: completed\r\n\r\n$/,
    )
    expect(client.received.match(/Fallow-Outcome: completed/g)).toHaveLength(4)
    client.vanish()
  })

  test('ends where one of the answers in line breaks, after those before it', async () => {
    const lanes = new Map<string, ScriptedLane>()
    const all = Promise.withResolvers<void>()
    stage.onLane = (lane) => {
      lanes.set(new URL(lane.open.url).pathname, lane)
      if (lanes.size === 2) all.resolve()
    }
    const client = new RawClient(stage.relay.url)
    for (const path of ['a', 'b']) client.post(stage.customer.apiKey, { url: `${url}${path}` })
    await all.promise
    lanes.get('/b')?.head(200)
    lanes.get('/b')?.failed('target-reset')
    await vi.waitFor(() =>
      expect(stage.relay.logged.at(-1)?.fields).toMatchObject({ outcome: 'target-reset', status: 200 }),
    )
    lanes.get('/a')?.answer({ body: 'this is whole' })
    await client.end
    expect(client.received).toContain('this is whole')
    expect(client.received).toContain('Fallow-Outcome: completed')
    expect(client.received.match(/HTTP\/1\.1 200/g)).toHaveLength(1)
  })
})
