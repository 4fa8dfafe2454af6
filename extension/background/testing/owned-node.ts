import { OwnerStore, openNodeDatabase } from '../../storage/index.ts'
import { createAccountCommands } from '../account-commands.ts'
import { ExchangeFailure } from '../exchange-failure.ts'
import { noManagedPolicy } from '../managed-policy.ts'
import { type ControllerPorts, NodeController } from '../node-controller.ts'
import { createOwnerCommands } from '../owner-commands.ts'
import type { Presence } from '../presence.ts'
import { RelayLink } from '../relay-link.ts'
import type { Surroundings } from '../surroundings.ts'
import { browserLinkPorts, NodeBrowser } from './node-browser.ts'
import type { ScriptedRelay } from './scripted-relay.ts'

/** The text in two languages. */
const consentText = { version: '1', sha256s: ['abc', 'def'] }

/** What is around a node in a test, for the test to change: the clock stands still until it is moved. */
export type PlayedWorld = {
  nowUnixMs: number
  timeZone: string
  presence: Presence
  managed: ReturnType<Surroundings['managed']>
  needsPower: boolean
  wakeAlarm: number | null
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
    local: new Map(),
    databaseName: `owned-${worlds}`,
    ...changes,
  }
}

/**
 * One life of the worker in that world; `stop` ends it as a browser does. `access` is the browser's present host permission, `lock` whether
 * it has one on addresses.
 */
export async function wakeNode(
  world: PlayedWorld,
  relay: ScriptedRelay,
  { access = true, lock = true } = {},
) {
  const database = await openNodeDatabase(world.databaseName)
  const owner = await OwnerStore.open({
    read: async (key) => world.local.get(key),
    write: async (key, value) => void world.local.set(key, structuredClone(value)),
    remove: async (key) => void world.local.delete(key),
  })
  const browser = browserOf(() => node)
  const listening = new Listening()
  const dials: string[] = []
  const ports: ControllerPorts = {
    ...portsOf(world),
    addressLock: lock,
    defaultRelayUrl: relay.url,
    listen: listening.begin,
    async dial(target, nodePorts, events) {
      dials.push(target.relayUrl)
      return new RelayLink(target, { ...nodePorts, ...browserLinkPorts(browser) }, events)
    },
  }
  const node: NodeController = new NodeController({ owner, database, ports })
  await node.begin(access)
  const stop = async () => {
    node.leave('node-leaving', new ExchangeFailure('node-failed', 'the worker stops'))
    await node.activity.save()
    database.close()
  }
  return { node, browser, listening, dials, commands: commandsOf(node, access), stop }
}

/** Whether network events are listened to, and how often that began. */
class Listening {
  times = 0
  now = false

  begin = () => {
    this.times += 1
    this.now = true
    return () => {
      this.now = false
    }
  }
}

function browserOf(node: () => NodeController): NodeBrowser {
  const browser = new NodeBrowser(() => node().rules())
  browser.refusalOf = (asked) => node().bounds.refusalOf(asked)
  browser.noted = (bytes) => node().bounds.caps.note(bytes)
  return browser
}

const commandsOf = (node: NodeController, access: boolean) => ({
  ...createOwnerCommands(Promise.resolve(node), async () => access),
  ...createAccountCommands(Promise.resolve(node), async () => node.setHostAccess(false)),
})

const portsOf = (
  world: PlayedWorld,
): Omit<ControllerPorts, 'defaultRelayUrl' | 'addressLock' | 'listen' | 'dial'> => ({
  around: surroundingsOf(world),
  consentText,
  schemes: ['http', 'https'],
  setAlarm: () => {},
  setWakeAlarm: (at) => {
    world.wakeAlarm = at
  },
  changed: () => {},
})

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
