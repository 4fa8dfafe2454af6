import { afterEach, describe, expect, it } from 'vitest'
import { type LinkedNode, linkNode } from './testing/linked-node.ts'

let linked: LinkedNode | undefined
afterEach(async () => {
  await linked?.stop()
  linked = undefined
})

async function link(
  answer: Parameters<typeof linkNode>[0],
  traits: Parameters<typeof linkNode>[2],
): Promise<LinkedNode> {
  linked = await linkNode(answer, undefined, traits)
  return linked
}

describe('in a browser without the address lock', () => {
  const rulesOpen = (node: LinkedNode) => `http://site.example:${new URL(node.target.url).port}/`

  it('a name that leads inside, beside outside, is not fetched', async () => {
    const node = await link((_, response) => response.end('secret'), {
      lookUp: async () => ['127.0.0.1', '192.168.1.1'],
    })
    const { ending } = await node.link.ask({ url: rulesOpen(node) })
    expect(ending).toMatchObject({ type: 'failed', code: 'policy-refused' })
    expect(node.browser.asked).toEqual([])
    expect(node.browser.rulesInForce.size).toBe(0)
  })

  it('a name that leads nowhere is the target’s failure', async () => {
    const node = await link((_, response) => response.end('secret'), {
      lookUp: () => Promise.reject(new Error('NS_ERROR_UNKNOWN_HOST')),
    })
    const { ending } = await node.link.ask({ url: rulesOpen(node) })
    expect(ending).toMatchObject({ type: 'failed', code: 'target-dns' })
    expect(node.browser.asked).toEqual([])
  })

  it('the look-up is asked for the name, right before the fetch, and an address asks for none', async () => {
    const lookedUp: [name: string, rulesInForce: number][] = []
    const node: LinkedNode = await link((_, response) => response.end('a page'), {
      async lookUp(name) {
        lookedUp.push([name, node.browser.rulesInForce.size])
        return ['127.0.0.1']
      },
    })
    await node.link.ask({ url: rulesOpen(node) })
    expect(node.browser.asked.map(({ url }) => url)).toEqual([rulesOpen(node)])
    const { body } = await node.link.ask({ url: `${node.target.url}/` })
    expect(body.toString()).toBe('a page')
    expect(lookedUp).toEqual([['site.example', 1]])
  })

  it('plain http is refused by the node itself', async () => {
    const node = await link((_, response) => response.end('secret'), { schemes: ['https'] })
    const { ending } = await node.link.ask({ url: `${node.target.url}/` })
    expect(ending).toMatchObject({ type: 'failed', code: 'policy-refused' })
    expect(node.browser.asked).toEqual([])
  })
})
