import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { messageLineBytes } from './line-bytes.ts'
import { type LinkedNode, linkNode } from './testing/linked-node.ts'

let linked: LinkedNode | undefined
afterEach(async () => {
  await linked?.stop()
  linked = undefined
})

const headBytesMax = 2_000

describe('line bytes', () => {
  it.each([
    ['', 'down', 2],
    ['x'.repeat(125), 'down', 127],
    ['x'.repeat(126), 'down', 130],
    [new Uint8Array(65_535), 'up', 65_535 + 8],
    [new Uint8Array(65_536), 'up', 65_536 + 14],
    ['é', 'up', 8],
  ] as const)('a message counts as RFC 6455 frames it (%#)', (message, way, bytes) => {
    expect(messageLineBytes(message, way)).toBe(bytes)
  })

  it('a fetch counts its request with its body, the head of the answer, and the body that was read', async () => {
    linked = await linkNode((_, response) => response.end(Buffer.alloc(300_000)))
    const { link: relay, target, browser } = linked
    await relay.ask({ url: `${target.url}/page`, method: 'POST', body: new Uint8Array(50_000) })
    expect(browser.lineBytes).toBeGreaterThan(350_000)
    expect(browser.lineBytes).toBeLessThan(350_000 + headBytesMax)
  })

  it('the link’s own messages count in both directions, carried bytes and heads', async () => {
    linked = await linkNode((_, response) => response.end(Buffer.alloc(300_000)))
    const { link: relay, target, told } = linked
    const before = told.movedBytes
    await relay.ask({ url: `${target.url}/page`, method: 'POST', body: new Uint8Array(50_000) })
    expect(told.movedBytes - before).toBeGreaterThan(350_000)
    expect(told.movedBytes - before).toBeLessThan(350_000 + headBytesMax)
  })

  it('a packed body is counted unpacked while it flows, and corrected to what came when it is over', async () => {
    const packed = gzipSync(Buffer.alloc(500_000))
    linked = await linkNode((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed),
    )
    const { link: relay, target, browser } = linked
    const counted: number[] = []
    browser.noted = (bytes) => counted.push(bytes)
    browser.encodedBytes = packed.length
    await relay.ask({ url: `${target.url}/page` })
    await new Promise((resolve) => setImmediate(resolve))
    expect(Math.max(...sumsOf(counted))).toBeGreaterThan(500_000)
    expect(browser.lineBytes).toBeLessThan(packed.length + headBytesMax)
  })

  it('a browser that says nothing of a fetch, or 0 of a body that was read, leaves the count as it is', async () => {
    linked = await linkNode((_, response) => response.end(Buffer.alloc(10_000)))
    const { link: relay, target, browser } = linked
    for (const said of [null, 0]) {
      const before = browser.lineBytes
      browser.encodedBytes = said
      await relay.ask({ url: `${target.url}/page` })
      await new Promise((resolve) => setImmediate(resolve))
      expect(browser.lineBytes - before).toBeGreaterThan(10_000)
    }
  })
})

function sumsOf(counted: number[]): number[] {
  let sum = 0
  return counted.map((bytes) => {
    sum += bytes
    return sum
  })
}
