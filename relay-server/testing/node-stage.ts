import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import type { NodeTerms } from '#protocol'
import { ExchangeFailure } from '../exchange/exchange-failure.ts'
import { type Books, openBooks } from './books.ts'
import { type NodeSide, startNodeSide } from './node-side.ts'
import { connectScriptedNode, type ScriptedLane, type ScriptedNode } from './scripted-node.ts'

/** What a scripted node does with each lane. */
export type Play = (lane: ScriptedLane, node: ScriptedNode) => void | Promise<void>
type LinkOptions = { country?: string; lanesMax?: number; terms?: Partial<NodeTerms> }

/** A relay's node side for the tests of one file. After each test every node has left and the books balance. */
export function useNodeStage(settings: Parameters<typeof startNodeSide>[0]) {
  let side: NodeSide
  let books: Books
  let nodes: ScriptedNode[] = []
  beforeAll(async () => {
    side = await startNodeSide(settings)
  })
  afterAll(() => side.stop())
  beforeEach(async () => {
    nodes = []
    books = await openBooks(side.ledger)
  })
  afterEach(async () => {
    for (const node of nodes) if (node.socket.readyState === node.socket.OPEN) node.leave()
    await Promise.all(nodes.map((node) => node.closed))
    await side.settled()
    expect(side.openAttempts).toBe(0)
    expect(side.roster.all()).toEqual([])
    await books.expectBalanceWithin(nodes)
  })

  return {
    get side(): NodeSide {
      return side
    },

    get books(): Books {
      return books
    },

    /** A node that a test connected by itself leaves with the others. */
    async keep(connecting: Promise<ScriptedNode>): Promise<ScriptedNode> {
      const node = await connecting
      nodes.push(node)
      return node
    },

    link(play: Play, options: LinkOptions = {}): Promise<ScriptedNode> {
      return this.keep(connectPlaying(side.url, play, options))
    },
  }
}

function connectPlaying(
  relayUrl: string,
  play: Play,
  { country, lanesMax, terms }: LinkOptions,
): Promise<ScriptedNode> {
  const started = connectScriptedNode({
    relayUrl,
    onLane: async (lane) => play(lane, await started),
    ...(country && { forwardedFor: country }),
    terms: { ...(lanesMax && { lanesMax }), ...terms },
  })
  return started
}

/** The failure of an exchange that must not succeed. */
export const failureOf = (asking: Promise<unknown>): Promise<ExchangeFailure> =>
  asking.then(
    () => Promise.reject(new Error('an answer came')),
    (error: unknown) => (error instanceof ExchangeFailure ? error : Promise.reject(error)),
  )

export const outcomes = ({ attempts }: { attempts: { outcome: string }[] }) =>
  attempts.map(({ outcome }) => outcome)
