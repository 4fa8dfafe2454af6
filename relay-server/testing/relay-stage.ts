import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { connectScriptedNode, type ScriptedLane, type ScriptedNode } from './scripted-node.ts'
import { startTestRelay, type TestCustomer, type TestRelay } from './test-relay.ts'

/** A whole relay with one customer for the tests of one file, and one scripted node for each test. */
export type RelayStage = {
  readonly relay: TestRelay
  readonly customer: TestCustomer
  readonly node: ScriptedNode
  /** What the node does with each lane; a test sets it. */
  onLane: (lane: ScriptedLane) => void | Promise<void>
}

export function useRelayStage(): RelayStage {
  let relay: TestRelay
  let customer: TestCustomer
  let node: ScriptedNode
  const stage: RelayStage = {
    get relay() {
      return relay
    },
    get customer() {
      return customer
    },
    get node() {
      return node
    },
    onLane: (lane) => lane.answer(),
  }
  beforeAll(async () => {
    relay = await startTestRelay()
    customer = await relay.newCustomer()
  })
  afterAll(() => relay.stop())
  // A node for each test: one that failed is left alone for a while, and must not be what the next test waits for.
  beforeEach(async () => {
    node = await connectScriptedNode({ relayUrl: relay.url, onLane: (lane) => stage.onLane(lane) })
  })
  afterEach(async () => {
    node.drop()
    await node.closed
  })
  return stage
}
