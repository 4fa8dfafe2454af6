import type { Device, FrameOf } from '#protocol'
import { type DeviceView, parseRelayUrl } from '../messages/index.ts'
import { ExchangeFailure } from './exchange-failure.ts'
import type { OwnerBounds } from './owner-bounds.ts'
import { nodeDoorOf } from './relay-address.ts'
import type { DialerPorts } from './relay-dialer.ts'
import type { LinkEvents, RelayLink } from './relay-link.ts'

type ErrandLinkPorts = {
  relayUrl: string
  /** Dials a link whose terms take no work. */
  dial(target: { relayUrl: string; nodeDoor: string }, events: LinkEvents): ReturnType<DialerPorts['dial']>
  earned(earned: FrameOf<'earned'>): void
  answered(answer: FrameOf<'account-answer'>): void
  moved(bytes: number): void
  ended(): void
}

type LinkBounds = Pick<OwnerBounds, 'terms' | 'limits'>

const errandDone = new ExchangeFailure('owner-paused', 'the question was answered')

/** A link for one question, while the owner does not share: it says hello, asks, and carries nothing. Gives how to leave it. */
export async function dialErrand(
  request: Omit<FrameOf<'account-request'>, 'type'>,
  ports: ErrandLinkPorts,
): Promise<() => void> {
  const relay = parseRelayUrl(ports.relayUrl)
  if (!relay.ok) throw new Error(relay.detail)
  const opened = Promise.withResolvers<RelayLink>()
  const link = await ports.dial(
    { relayUrl: ports.relayUrl, nodeDoor: nodeDoorOf(relay.url) },
    {
      welcomed: () => void opened.promise.then((open) => open.askAccount(request)),
      earned: ports.earned,
      accountAnswered: ports.answered,
      ended: ports.ended,
      quality: () => {},
      carried: () => {},
      moved: ports.moved,
      running: () => {},
      leaving: () => {},
    },
  )
  opened.resolve(link)
  return () => link.leave('node-leaving', errandDone)
}

/** For a question alone: the relay is told that no lane is taken, and none is, whatever it does. */
export const withoutLanes = ({ terms, limits }: LinkBounds): LinkBounds => ({
  terms: () => ({ ...terms(), lanesMax: 0 }),
  limits: () => ({ ...limits(), lanesMax: 0 }),
})

/** The account's browsers as their owner sees them, this one first. */
export function devicesSeenFrom(ownNodeId: string | undefined, devices: readonly Device[]): DeviceView[] {
  return devices
    .map((device) => ({ ...device, isThisOne: device.nodeId === ownNodeId }))
    .toSorted((a, b) => Number(b.isThisOne) - Number(a.isThisOne))
}
