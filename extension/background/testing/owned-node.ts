import { OwnerStore, openNodeDatabase } from '../../storage/index.ts'
import { ExchangeFailure } from '../exchange-failure.ts'
import { noManagedPolicy } from '../managed-policy.ts'
import { type ControllerPorts, NodeController } from '../node-controller.ts'
import { createOwnerCommands } from '../owner-commands.ts'
import type { Presence } from '../presence.ts'
import { RelayLink } from '../relay-link.ts'
import type { Surroundings } from '../surroundings.ts'
import { browserLinkPorts, NodeBrowser } from './node-browser.ts'
import type { ScriptedRelay } from './scripted-relay.ts'

const consentText = { version: '1', sha256s: ['abc'] }

/** What is around a node in a test, for the test to change: the clock stands still until it is moved. */
export type PlayedWorld = {
  nowUnixMs: number
  timeZone: string
  presence: Presence
  managed: ReturnType<Surroundings['managed']>
  needsPower: boolean
  wakeAlarm: number | null
  dials: string[]
  local: Map<string, unknown>
  databaseName: string
}

let worlds = 0

export function playWorld(changes: Partial<PlayedWorld> = {}): PlayedWorld {
  worlds += 1
  return {
    nowUnixMs: Date.UTC(2026, 10, 26, 12, 10),
    timeZone: 'UTC',
    presence: { owner: 'away', power: 'mains', savesData: false, isCellular: false },
    managed: noManagedPolicy,
    needsPower: false,
    wakeAlarm: null,
    dials: [],
    local: new Map(),
    databaseName: `owned-${worlds}`,
    ...changes,
  }
}

/** One life of the worker in that world, with every permission; `stop` ends it as a browser does. */
export async function wakeNode(world: PlayedWorld, relay: ScriptedRelay) {
  const database = await openNodeDatabase(world.databaseName)
  const owner = await OwnerStore.open({
    read: async (key) => world.local.get(key),
    write: async (key, value) => void world.local.set(key, structuredClone(value)),
    remove: async (key) => void world.local.delete(key),
  })
  const dial = dialWith(world, () => node)
  const ports = { ...portsOf(world), defaultRelayUrl: relay.url, dial }
  const node: NodeController = new NodeController({ owner, database, ports })
  await node.begin(true)
  return {
    node,
    commands: createOwnerCommands(Promise.resolve(node), async () => true),
    async stop() {
      node.leave('node-leaving', new ExchangeFailure('node-failed', 'the worker stops'))
      await node.activity.save()
      database.close()
    },
  }
}

const portsOf = (world: PlayedWorld): Omit<ControllerPorts, 'defaultRelayUrl' | 'dial'> => ({
  around: surroundingsOf(world),
  consentText,
  addressLock: true,
  schemes: ['http', 'https'],
  setAlarm: () => {},
  setWakeAlarm: (at) => {
    world.wakeAlarm = at
  },
  changed: () => {},
  listen: () => () => {},
})

function dialWith(world: PlayedWorld, node: () => NodeController): ControllerPorts['dial'] {
  const browser = new NodeBrowser(() => node().rules())
  browser.refusalOf = (asked) => node().bounds.refusalOf(asked)
  browser.noted = (bytes) => node().bounds.caps.note(bytes)
  return async (target, nodePorts, events) => {
    world.dials.push(target.relayUrl)
    return new RelayLink(target, { ...nodePorts, ...browserLinkPorts(browser) }, events)
  }
}

const surroundingsOf = (world: PlayedWorld): Surroundings => ({
  nowUnixMs: () => world.nowUnixMs,
  timeZone: () => world.timeZone,
  presence: () => world.presence,
  managed: () => world.managed,
  needPower: (needed) => {
    world.needsPower = needed
  },
})

/** An owner who agreed, and whose answers leave everything open. */
export const openAgreement = {
  version: '1',
  sha256: 'abc',
  answers: { mode: 'always', unlimitedConnection: true, shareOnBattery: true },
} as const
