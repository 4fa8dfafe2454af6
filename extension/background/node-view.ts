import type { EarningHint, OwnerView, Sharing } from '../messages/index.ts'
import type { OwnerState } from '../storage/index.ts'
import { devicesSeenFrom } from './account-errand-link.ts'
import type { ActivityLog } from './activity-log.ts'
import { earningHints } from './earning-hints.ts'
import type { CarriedMeter } from './earnings.ts'
import type { LineSums } from './line-meter.ts'
import { pauseAt } from './owner-pause.ts'
import type { RelayWord } from './relay-word.ts'
import { type SharingFacts, sharingOf } from './sharing-state.ts'

/** What a snapshot is made of. */
export type NodeFacts = {
  facts: SharingFacts
  nodeId: string | undefined
  earned: OwnerState['earned']
  word: RelayWord
  meter: CarriedMeter
  line: LineSums
  activity: Pick<ActivityLog, 'recent' | 'summary'>
  schemes: readonly string[]
}

/** The node as its owner is shown it now. */
export function viewOf(node: NodeFacts): OwnerView {
  const { facts, nodeId, earned, word, meter, line, activity } = node
  const { owner, managed, relayUrl, nowUnixMs, link } = facts
  const { consent, settings, pause } = owner
  const sharing = sharingOf(facts)
  return {
    sharing,
    points: { units: earned?.relayUrl === relayUrl ? earned.accountUnits : '0' },
    carried: meter.soFar(),
    live: { bytesPerSecond: meter.bytesPerSecond() },
    relay: {
      url: relayUrl,
      linkedSince: link.phase === 'linked' ? new Date(link.sinceUnixMs).toISOString() : null,
    },
    node: { id: nodeId ?? null, country: word.country },
    consent: consent.said === 'yes' ? consent.given : null,
    settings,
    pause: pauseAt(pause, nowUnixMs),
    line,
    days: meter.days(),
    quality: word.quality,
    hints: hintsOf(node, sharing),
    devices: word.devices && devicesSeenFrom(nodeId, word.devices),
    recent: activity.recent,
    activity: activity.summary,
    managed: { relayUrl: typeof managed?.relayUrl === 'string', off: managed?.off === true },
  }
}

function hintsOf({ facts: { owner, link }, word, schemes }: NodeFacts, sharing: Sharing): EarningHint[] {
  return earningHints({
    sharing,
    quality: word.quality,
    settings: owner.settings,
    schemes,
    linkedForMs: link.phase === 'linked' ? Date.now() - link.sinceUnixMs : 0,
  })
}
