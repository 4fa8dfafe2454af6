import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type Frame,
  type FrameOf,
  type NodeFrame,
  nodeFrames,
  type RelayFrame,
  relayFrames,
} from '../index.ts'
import { arbitraryFrames } from './arbitrary-frames.ts'
import { createLinkPair } from './link-pair.ts'

const ping = (atUnixMs: number): FrameOf<'ping'> => ({ type: 'ping', atUnixMs })
const chunk = (bytes: number): FrameOf<'chunk'> => ({
  type: 'chunk',
  lane: 1,
  payload: new Uint8Array(bytes).fill(7),
})

test('nothing arrives before the test flushes, then everything in order', () => {
  const pair = createLinkPair()
  for (const time of [1, 2, 3]) pair.relay.send(ping(time))
  expect(pair.node.received).toEqual([])
  expect(pair.inFlight).toBe(3)
  pair.flushOne('node')
  expect(pair.node.received).toEqual([ping(1)])
  pair.flush()
  expect(pair.node.received).toEqual([ping(1), ping(2), ping(3)])
  expect(pair.inFlight).toBe(0)
})

test('a flush goes on until the answers to it have arrived too', () => {
  const pair = createLinkPair()
  pair.node.onFrame = (frame) => frame.type === 'ping' && pair.node.send({ ...frame, type: 'pong' })
  pair.relay.send(ping(5))
  pair.flush()
  expect(pair.relay.received).toEqual([{ type: 'pong', atUnixMs: 5 }])
})

test('two ends that never stop answering are told apart from a long conversation', () => {
  const pair = createLinkPair()
  pair.node.onFrame = () => pair.node.send(chunk(1))
  pair.relay.onFrame = () => pair.relay.send(chunk(1))
  pair.relay.send(chunk(1))
  expect(() => pair.flush()).toThrow('never stop')
})

test('what was sent is what was said then, not what the buffer holds later', () => {
  const pair = createLinkPair()
  const frame = chunk(3)
  pair.node.send(frame)
  frame.payload.fill(0)
  pair.flush()
  expect(pair.relay.received).toEqual([chunk(3)])
})

test('bytes are counted as they travel, body bytes apart', () => {
  const pair = createLinkPair()
  pair.node.send(chunk(100))
  pair.node.send({ type: 'end', lane: 1, truncated: false })
  const end = JSON.stringify({ type: 'end', lane: 1, truncated: false })
  expect(pair.node.sent).toEqual({ messages: 2, bytes: 105 + end.length, carriedBytes: 100 })
  expect(pair.relay.sent).toEqual({ messages: 0, bytes: 0, carriedBytes: 0 })
})

test('sizes are the real ones', () => {
  const pair = createLinkPair()
  expect(() => pair.node.send(chunk(262_145))).toThrow(expect.objectContaining({ code: 'frame-too-large' }))
})

test('cutting the link loses what is on the wire, tells both ends once, and ends all sending', () => {
  const pair = createLinkPair()
  const told: string[] = []
  pair.relay.onCut = () => told.push('relay')
  pair.node.onCut = () => told.push('node')
  pair.relay.send(ping(1))
  pair.cut()
  pair.cut()
  pair.flush()
  expect(told).toEqual(['relay', 'node'])
  expect(pair.node.received).toEqual([])
  expect(() => pair.node.send(chunk(1))).toThrow('the link is cut')
})

test.each(Object.keys(arbitraryFrames) as Frame['type'][])(
  'a %s is heard from its own side and refused from the other',
  (type) => {
    const [frame] = fc.sample(arbitraryFrames[type] as fc.Arbitrary<Frame>, 1)
    for (const [end, allowed] of [
      ['relay', relayFrames],
      ['node', nodeFrames],
    ] as const) {
      const pair = createLinkPair()
      // The types forbid what a broken peer would do, so the test looks away from them.
      pair[end].send(frame as RelayFrame & NodeFrame)
      if ((allowed as readonly string[]).includes(type)) expect(() => pair.flush()).not.toThrow()
      else expect(() => pair.flush()).toThrow(expect.objectContaining({ code: 'out-of-order' }))
    }
  },
)
