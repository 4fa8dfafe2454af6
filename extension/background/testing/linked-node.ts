import { parseAddressSpaceOverride } from '#addresses'
import { exportPublicKey, type FrameOf, fingerprint, lanesMax, type NodeTerms, sign } from '#protocol'
import type { ActivityChange, KeptReceipt } from '../../storage/index.ts'
import { LinkActivity } from '../link-activity.ts'
import type { NodeIdentity } from '../node-key.ts'
import type { OwnerLimits } from '../owner-limits.ts'
import { nodeDoorOf } from '../relay-address.ts'
import { type LinkEnd, type LinkEvents, type LinkPorts, RelayLink } from '../relay-link.ts'
import { browserLinkPorts, NodeBrowser } from './node-browser.ts'
import { type ScriptedLink, type ScriptedRelay, startScriptedRelay } from './scripted-relay.ts'
import { startTargetSite, type TargetSite } from './target-site.ts'

/** An owner who allows everything. */
export const openTerms: NodeTerms = {
  lanesMax,
  deniedCategories: [],
  deniedHosts: [],
  allowedHosts: [],
  onlyAllowed: false,
  deniedCustomers: [],
}

const openOwner = (): OwnerSide => ({
  terms: openTerms,
  limits: { lanesMax, upBytesPerSecondMax: null },
  halted: false,
})

export async function makeIdentity(): Promise<NodeIdentity> {
  const pair = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair
  const publicKey = await exportPublicKey(pair.publicKey)
  return { publicKey, nodeId: await fingerprint('n', publicKey), sign: (text) => sign(pair.privateKey, text) }
}

/** Everything around one link: a scripted relay, a target site, a browser made of Node, and what the link told. */
export type LinkedNode = {
  relay: ScriptedRelay
  target: TargetSite
  browser: NodeBrowser
  node: RelayLink
  /** The relay's end. */
  link: ScriptedLink
  kept: Map<string, KeptReceipt>
  /** What the node's owner allows; a test changes it. */
  owner: OwnerSide
  told: {
    welcomes: FrameOf<'welcome'>[]
    earned: FrameOf<'earned'>[]
    carriedBytes: number
    movedBytes: number
    running: number
    noted: Set<ActivityChange>
  }
  ended: Promise<LinkEnd>
  stop(): Promise<void>
}

export type OwnerSide = { terms: NodeTerms; limits: OwnerLimits; halted: boolean }

type Answer = Parameters<typeof startTargetSite>[0]

/** What of the browser a test wants otherwise, from the start. */
type BrowserTraits = Partial<Pick<NodeBrowser, 'lookUp' | 'schemes'>>

export async function linkNode(
  answer: Answer,
  kept = new Map<string, KeptReceipt>(),
  traits: BrowserTraits = {},
): Promise<LinkedNode> {
  const target = await startTargetSite(answer)
  const override = `127.0.0.1:${target.port}=public`
  const rules = { overrides: [parseAddressSpaceOverride(override)], ownAddress: null }
  const browser = Object.assign(new NodeBrowser(() => rules), traits)
  const relay = await startScriptedRelay({ addressSpaceOverrides: [override] })
  const owner = openOwner()
  const { node, ended, told } = await dial(relay.url, browser, kept, owner)
  const link = await relay.nextLink()
  await link.next('present')
  const stop = async () => {
    await Promise.all([relay.stop(), target.stop()])
    await ended
  }
  return { relay, target, browser, node, link, kept, owner, told, ended, stop }
}

export async function dial(
  relayUrl: string,
  browser: NodeBrowser,
  kept: Map<string, KeptReceipt>,
  owner: OwnerSide = openOwner(),
): Promise<Pick<LinkedNode, 'node' | 'ended' | 'told'>> {
  const told: LinkedNode['told'] = {
    welcomes: [],
    earned: [],
    carriedBytes: 0,
    movedBytes: 0,
    running: 0,
    noted: new Set(),
  }
  const ports: LinkPorts = {
    ...browserLinkPorts(browser),
    identity: await makeIdentity(),
    terms: () => owner.terms,
    limits: () => owner.limits,
    halted: () => owner.halted,
    activity: {
      openLink: (unitsPerMib) =>
        new LinkActivity({ unitsPerMib, note: (row) => told.noted.add(row), nowUnixMs: Date.now }),
    },
    receipts: {
      keep: async (receipt) => void kept.set(receipt.linkId, receipt),
      forget: async (linkId, sequence) => {
        if ((kept.get(linkId)?.receipt.sequence ?? Number.POSITIVE_INFINITY) <= sequence) kept.delete(linkId)
      },
      readKept: async () => [...kept.values()],
    },
  }
  const ending = Promise.withResolvers<LinkEnd>()
  const node = new RelayLink({ relayUrl, nodeDoor: nodeDoorOf(relayUrl) }, ports, eventsOf(told, ending))
  return { node, ended: ending.promise, told }
}

function eventsOf(told: LinkedNode['told'], ending: PromiseWithResolvers<LinkEnd>): LinkEvents {
  return {
    welcomed: (welcome) => told.welcomes.push(welcome),
    earned: (earned) => told.earned.push(earned),
    quality: () => {},
    accountAnswered: () => {},
    carried: (bytes) => {
      told.carriedBytes += bytes
    },
    moved: (bytes) => {
      told.movedBytes += bytes
    },
    running: (exchanges) => {
      told.running = exchanges
    },
    leaving: () => {},
    ended: ending.resolve,
  }
}
