import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import {
  decode,
  exportPublicKey,
  type Frame,
  type FrameOf,
  helloText,
  messageBytesMax,
  PROTOCOL_VERSION,
  sign,
} from '#protocol'
import { type NodeSide, startNodeSide } from '../testing/node-side.ts'
import { connectScriptedNode, newNodeKey, openTerms } from '../testing/scripted-node.ts'

let side: NodeSide
beforeAll(async () => {
  side = await startNodeSide({
    limits: { helloDeadlineMs: 300, strangersMax: 20, strangersPerAddressMax: 15, closeDeadlineMs: 500 },
  })
})
afterAll(() => side.stop())

/** A socket at the node's door that says only what the test says. */
async function knock(address = '127.0.0.1') {
  const socket = new WebSocket(`${side.url.replace('http', 'ws')}/node`, {
    headers: { 'x-forwarded-for': address },
  })
  const frames: Frame[] = []
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  socket.on('error', () => {})
  const first = new Promise<Frame>((resolve) =>
    socket.on('message', (data: Buffer) => {
      frames.push(decode(data.toString()))
      resolve(frames[0] as Frame)
    }),
  )
  await first
  return {
    socket,
    frames,
    closed,
    challenge: frames[0] as FrameOf<'challenge'>,
    goodbye: async () => {
      await closed
      return frames.find((frame) => frame.type === 'goodbye') as FrameOf<'goodbye'>
    },
    say: (frame: object) => socket.send(JSON.stringify(frame)),
  }
}

const key = await newNodeKey()
const nodeKey = await exportPublicKey(key.publicKey)

/** A good hello to a challenge, with whatever the test wants wrong in it. */
async function helloTo(
  challenge: FrameOf<'challenge'>,
  wrong: Partial<FrameOf<'hello'>> = {},
  signed: { nonce?: string; relayId?: string } = {},
) {
  const relayUrl = wrong.relayUrl ?? side.url
  const { relayId, nonce } = { ...challenge, ...signed }
  const signature = await sign(key.privateKey, helloText({ relayId, relayUrl, nonce, nodeKey }))
  const about = { terms: openTerms, schemes: ['http', 'https'], kind: 'other', softwareVersion: 'x' }
  return { type: 'hello', version: PROTOCOL_VERSION, nodeKey, signature, relayUrl, ...about, ...wrong }
}

describe('the node door', () => {
  test('lets in who signs the challenge', async () => {
    const guest = await knock()
    guest.say(await helloTo(guest.challenge))
    await expect.poll(() => guest.frames.at(-1)?.type).toBe('welcome')
    guest.socket.terminate()
  })

  test('gives every guest another nonce', async () => {
    const guests = await Promise.all(Array.from({ length: 5 }, () => knock()))
    expect(new Set(guests.map(({ challenge }) => challenge.nonce)).size).toBe(5)
    for (const { socket } of guests) socket.terminate()
  })

  test('turns a silent guest away in time', async () => {
    const guest = await knock()
    expect(await guest.goodbye()).toMatchObject({ code: 'hello-late' })
    expect(await guest.closed).toBe(4408)
  })

  test.each([
    [
      'a hello signed for another nonce',
      async (c: FrameOf<'challenge'>) => helloTo(c, {}, { nonce: 'A'.repeat(43) }),
      'hello-refused',
    ],
    [
      'a hello signed for another relay',
      async (c: FrameOf<'challenge'>) => helloTo(c, {}, { relayId: 'r_other' }),
      'hello-refused',
    ],
    [
      'a signature that is none',
      async (c: FrameOf<'challenge'>) => helloTo(c, { signature: 'AAAA' }),
      'hello-refused',
    ],
    [
      'a key that is none',
      async (c: FrameOf<'challenge'>) => helloTo(c, { nodeKey: 'AAAA' }),
      'hello-refused',
    ],
    [
      'somebody else’s key',
      async (c: FrameOf<'challenge'>) =>
        helloTo(c, { nodeKey: await exportPublicKey((await newNodeKey()).publicKey) }),
      'hello-refused',
    ],
    [
      'an address that is not this relay’s',
      async (c: FrameOf<'challenge'>) => helloTo(c, { relayUrl: 'https://evil.example' }),
      'wrong-relay',
    ],
    [
      'another version',
      async (c: FrameOf<'challenge'>) => ({
        ...(await helloTo(c)),
        version: PROTOCOL_VERSION + 1,
        news: 'unknown here',
      }),
      'version-mismatch',
    ],
    ['another frame than a hello', async () => ({ type: 'pong', atUnixMs: 1 }), 'out-of-order'],
    ['a frame of the relay’s side', async () => ({ type: 'ping', atUnixMs: 1 }), 'out-of-order'],
    [
      'more lanes than there are',
      async (c: FrameOf<'challenge'>) => helloTo(c, { terms: { ...openTerms, lanesMax: 65 } }),
      'malformed-frame',
    ],
    [
      'a field too many',
      async (c: FrameOf<'challenge'>) => ({ ...(await helloTo(c)), admin: true }),
      'malformed-frame',
    ],
  ])('refuses %s', async (_what, make, code) => {
    const guest = await knock()
    guest.say(await make(guest.challenge))
    expect(await guest.goodbye()).toMatchObject({ code, version: PROTOCOL_VERSION })
    expect(side.roster.all()).toEqual([])
  })

  test('refuses a hello that was good on another socket', async () => {
    const first = await knock()
    const hello = await helloTo(first.challenge)
    first.say(hello)
    await expect.poll(() => first.frames.at(-1)?.type).toBe('welcome')
    first.socket.terminate()
    await expect.poll(() => side.roster.all().length).toBe(0)
    const second = await knock()
    second.say(hello)
    expect(await second.goodbye()).toMatchObject({ code: 'hello-refused' })
  })

  test.each([
    ['text that is not JSON', 'garbage'],
    ['an empty text', ''],
    ['JSON that is no object', '[1]'],
    ['bytes', Buffer.from([1, 0, 0, 0, 1, 65])],
    ['bytes without meaning', Buffer.alloc(100, 255)],
  ])('refuses %s', async (_what, message) => {
    const guest = await knock()
    guest.socket.send(message)
    const { code } = await guest.goodbye()
    expect(['malformed-frame', 'out-of-order']).toContain(code)
  })

  test('refuses a frame that comes before the welcome, even in the same breath', async () => {
    const guest = await knock()
    guest.say(await helloTo(guest.challenge))
    guest.say({ type: 'present', receipts: [] })
    expect(await guest.goodbye()).toMatchObject({ code: 'out-of-order' })
    expect(side.roster.all()).toEqual([])
  })

  test('closes with 1009 on a message that is too large', async () => {
    const guest = await knock()
    guest.socket.send(Buffer.alloc(messageBytesMax + 1))
    expect(await guest.closed).toBe(1009)
  })

  test('closes on a message in very many fragments', async () => {
    const guest = await knock()
    for (let piece = 0; piece < 2_000; piece += 1) guest.socket.send('x', { fin: false })
    expect([1006, 1008, 1009]).toContain(await guest.closed)
  })

  test('lets in no more strangers than its limits, and is open again when they have left', async () => {
    const held = await Promise.all(Array.from({ length: 15 }, () => knock('198.51.100.1')))
    const oneMore = await knock('198.51.100.1')
    expect(oneMore.frames[0]).toMatchObject({ type: 'goodbye', code: 'relay-overloaded' })
    const neighbours = await Promise.all(Array.from({ length: 5 }, () => knock('198.51.100.2')))
    expect(neighbours.map(({ challenge }) => challenge.type)).not.toContain('goodbye')
    expect((await knock('198.51.100.3')).frames[0]).toMatchObject({
      type: 'goodbye',
      code: 'relay-overloaded',
    })
    for (const { socket } of [...held, ...neighbours]) socket.terminate()
    const node = await connectScriptedNode({ relayUrl: side.url })
    node.leave()
    await node.closed
  })

  test('closes while the relay drains, also for who is already speaking', async () => {
    const guest = await knock()
    side.state.isDraining = true
    guest.say(await helloTo(guest.challenge))
    expect(await guest.goodbye()).toMatchObject({ code: 'relay-draining' })
    expect((await knock()).frames[0]).toMatchObject({ type: 'goodbye', code: 'relay-draining' })
    side.state.isDraining = false
  })
})

describe('one link for each key', () => {
  test('the newer one wins, and the older one is told', async () => {
    const nodeKeyPair = await newNodeKey()
    const older = await connectScriptedNode({ relayUrl: side.url, key: nodeKeyPair })
    const newer = await connectScriptedNode({
      relayUrl: side.url,
      key: nodeKeyPair,
      onLane: (lane) => lane.answer({ body: 'newer' }),
    })
    expect(await older.frame('goodbye')).toMatchObject({ code: 'replaced-by-newer-link' })
    expect(await older.closed).toBe(4002)
    expect(side.roster.all().map((link) => link.identity.linkId)).toEqual([newer.welcome?.linkId])
    const answer = await side.ask()
    expect(Buffer.from((await answer.body.read()) ?? []).toString()).toBe('newer')
    expect(await answer.body.read()).toBeNull()
    newer.leave()
    await newer.closed
  })
})

test('overrides of address spaces are told to nodes on this machine alone', async () => {
  const near = await connectScriptedNode({ relayUrl: side.url, forwardedFor: '127.0.0.1' })
  expect(near.welcome?.addressSpaceOverrides).toEqual(['127.0.0.1:9000=public'])
  const far = await connectScriptedNode({ relayUrl: side.url, forwardedFor: '198.51.100.7' })
  expect(far.welcome).toMatchObject({ addressSpaceOverrides: [], publicAddress: '198.51.100.7' })
  for (const node of [near, far]) node.leave()
  await Promise.all([near.closed, far.closed])
})
