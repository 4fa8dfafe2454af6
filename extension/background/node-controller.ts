import type { AddressRules } from '#addresses'
import type { AccountAction, CloseCode, FrameOf } from '#protocol'
import type { NotSharing, NotSharingReason, OwnerView } from '../messages/index.ts'
import { clearNodeDatabase, type NodeDatabase, type OwnerStore } from '../storage/index.ts'
import { dialErrand, withoutLanes } from './account-errand-link.ts'
import { AccountErrands, type AccountOutcome } from './account-errands.ts'
import { ActivityLog } from './activity-log.ts'
import { CarriedKeeper } from './carried-keeper.ts'
import { unitsOf } from './earnings.ts'
import { ExchangeFailure } from './exchange-failure.ts'
import { farewellFor, relayChanged } from './farewells.ts'
import type { LinkEvents, LinkPorts } from './link-ports.ts'
import { type ManagedPolicy, noManagedPolicy } from './managed-policy.ts'
import { ensureNodeIdentity, type NodeIdentity, readNodeIdentity } from './node-key.ts'
import { viewOf } from './node-view.ts'
import { createOwnerBounds, type OwnerBounds } from './owner-bounds.ts'
import { pauseAt } from './owner-pause.ts'
import { nextLookAt } from './owner-rest.ts'
import { needsPower, presenceLimitsOf } from './presence.ts'
import { type LinkStatus, RelayDialer } from './relay-dialer.ts'
import type { RelayLink } from './relay-link.ts'
import { RelayWord } from './relay-word.ts'
import type { TrippedAnswer } from './response-watch.ts'
import { type ConsentText, type SharingFacts, whyNotDial } from './sharing-state.ts'
import type { Surroundings } from './surroundings.ts'
import { UnprotectedNotice } from './unprotected-notice.ts'
import { WakeTimer } from './wake-timer.ts'

/** What a link takes from its node; the rest is the browser's. */
export type NodeLinkPorts = Omit<LinkPorts, 'openSocket' | 'hello' | 'exchanges'>

export type ControllerPorts = {
  around: Surroundings
  consentText: ConsentText
  defaultRelayUrl: string
  addressLock: boolean
  /** What this browser can be asked for. */
  schemes: readonly string[]
  dial(
    target: { relayUrl: string; nodeDoor: string },
    node: NodeLinkPorts,
    events: LinkEvents,
  ): Promise<RelayLink>
  /** Starts to listen to the browser's network events and gives how to stop. Only while there is host access. */
  listen(): () => void
  setAlarm(on: boolean): void
  /** Wakes the background once at that moment; null for not at all. */
  setWakeAlarm(atUnixMs: number | null): void
  /** `figures`: numbers alone have changed. */
  changed(what: 'state' | 'figures'): void
}

/** The node as a whole: what the owner said, what the browser allows, and the link that follows from both. */
export class NodeController {
  readonly owner: OwnerStore
  readonly bounds: OwnerBounds
  readonly activity: ActivityLog
  readonly #ports: ControllerPorts
  readonly #database: NodeDatabase
  readonly #carried: CarriedKeeper
  readonly #dialer: RelayDialer
  readonly #errands: AccountErrands
  readonly #wake: WakeTimer
  readonly #notice = new UnprotectedNotice()
  readonly #word = new RelayWord()
  #identity: NodeIdentity | null = null
  #hostAccess = false
  #stopListening: (() => void) | null = null
  /** Null until it is known whether the last worker left one. */
  #alarm: boolean | null = null

  constructor(parts: { owner: OwnerStore; database: NodeDatabase; ports: ControllerPorts }) {
    this.#ports = parts.ports
    this.owner = parts.owner
    this.#database = parts.database
    this.#carried = new CarriedKeeper(parts.database)
    this.#dialer = this.#createDialer()
    this.#errands = this.#createErrands()
    this.#wake = new WakeTimer({
      setAlarm: this.#ports.setWakeAlarm,
      woken: () => this.refresh(),
      nowUnixMs: this.#ports.around.nowUnixMs,
    })
    this.bounds = this.#createBounds()
    this.activity = new ActivityLog({
      database: parts.database,
      keepDays: () => parts.owner.state.settings.keepActivityDays,
      changed: () => parts.ports.changed('figures'),
      nowUnixMs: Date.now,
    })
  }

  /** Reads what the last worker left, and dials where everything allows it. Call once. */
  async begin(hostAccess: boolean): Promise<void> {
    this.#identity = await readNodeIdentity(this.#database)
    await this.bounds.begin()
    await this.#carried.begin()
    // Nothing waits for the log: counting a long one takes a while.
    void this.activity.begin().catch(() => {})
    this.setHostAccess(hostAccess)
  }

  /** Where this node dials: the organisation's choice, else the owner's, else the build's. */
  get relayUrl(): string {
    return this.managed.relayUrl ?? this.owner.state.relayUrl ?? this.#ports.defaultRelayUrl
  }

  get managed(): ManagedPolicy {
    return this.#ports.around.managed() ?? noManagedPolicy
  }

  get around(): Surroundings {
    return this.#ports.around
  }

  get consentText(): ControllerPorts['consentText'] {
    return this.#ports.consentText
  }

  /** What a target's address is judged by now. */
  rules = (): AddressRules => this.#word.rules

  async ensureIdentity(): Promise<void> {
    this.#identity ??= await ensureNodeIdentity(this.#database)
  }

  /** Network events are listened to exactly while there is access: listeners from before it stay deaf. */
  setHostAccess(granted: boolean): void {
    this.#hostAccess = granted
    if (granted) this.#stopListening ??= this.#ports.listen()
    this.refresh()
    if (granted) return
    this.#stopListening?.()
    this.#stopListening = null
  }

  /** Dials, or leaves the link, as what is known now demands. */
  refresh(): void {
    this.#endTimedPause()
    const facts = this.#facts()
    const why = whyNotDial(facts)
    if (why === null || this.#notice.isDue(facts)) this.#dial()
    else this.#leaveBecauseOf(why.reason)
    void this.activity.pruneIfDue().catch(() => {})
    this.#setAlarm(why === null)
    this.#lookAround(facts, why)
    this.#ports.changed('state')
  }

  #dial(): void {
    const { relayUrl } = this
    const { wanted } = this.#dialer
    if (wanted !== null && wanted !== relayUrl) this.leave('node-leaving', relayChanged)
    this.#dialer.want(relayUrl)
  }

  #leaveBecauseOf(reason: NotSharingReason): void {
    if (this.#dialer.status.phase === 'idle') return
    const { code, failure } = farewellFor(reason)
    this.leave(code, failure)
  }

  /** What the browser is asked to tell, and when this node looks by itself. */
  #lookAround(facts: SharingFacts, why: NotSharing | null): void {
    const { settings } = this.owner.state
    const { around } = this.#ports
    const mayShare = this.owner.state.consent.said === 'yes' && !this.managed.off
    around.needPower(mayShare && needsPower(settings))
    this.#wake.set(nextLookAt(why, { ...facts, settings }))
    this.#dialer.termsChanged()
  }

  #endTimedPause(): void {
    const { pause } = this.owner.state
    if (pause && pauseAt(pause, this.#ports.around.nowUnixMs()) === null)
      void this.owner.change({ pause: null })
  }

  /** The link ends now, whatever is known; `refresh` dials again where that is right. */
  leave(code: CloseCode, failure: ExchangeFailure): void {
    this.#dialer.leave(code, failure)
    this.#word.left()
  }

  /** Whether everything that is known now allows a link for sharing. */
  get mayShare(): boolean {
    return whyNotDial(this.#facts()) === null
  }

  dialIfWaiting(): void {
    this.#dialer.dialIfWaiting()
  }

  /** A forbidden address has answered: nothing more of it leaves, and nothing is shared until the owner says so. */
  trip(answer: TrippedAnswer): void {
    void this.owner.change({ unsafe: { ...answer, atUnixMs: Date.now() } })
    this.leave(
      'node-unsafe',
      new ExchangeFailure('node-unsafe', 'an address answered that may not be fetched'),
    )
    this.refresh()
  }

  /**
   * The answer at `url`, which is a relay's own, has the browser speak to somebody else. Where it is the present relay's, it is left, and not
   * dialled until the owner, an update or a restart says so.
   */
  refuseRelay(url: string): void {
    const { relayUrl } = this
    if (new URL(url).origin !== new URL(relayUrl).origin) return
    void this.owner.change({ linkStop: { code: 'wrong-relay', detail: leadsElsewhere, relayUrl } })
    this.refresh()
  }

  view(): OwnerView {
    return viewOf({
      facts: this.#facts(),
      nodeId: this.#identity?.nodeId,
      earned: this.owner.state.earned,
      word: this.#word,
      meter: this.#carried.meter,
      line: this.bounds.caps.sums(),
      activity: this.activity,
      schemes: this.#ports.schemes,
    })
  }

  /** Asks the relay about the account, over the link that stands or over one that is dialled for this alone. */
  async askAccount(action: AccountAction, value: string | null = null): Promise<AccountOutcome> {
    const outcome = await this.#errands.ask(action, value)
    if (outcome.reached && outcome.refusal === null && action !== 'forget') {
      this.#word.listed(outcome.devices)
      this.#ports.changed('state')
    }
    return outcome
  }

  get hasIdentity(): boolean {
    return this.#identity !== null
  }

  /** Resolves when the link that was left last has said its last word, receipts included. */
  get linkGone(): Promise<void> {
    return this.#dialer.gone
  }

  /** As if this extension had just been installed. The link must be gone. */
  async forgetEverything(): Promise<void> {
    this.#identity = null
    this.#word.forget()
    this.#carried.meter.forget()
    this.bounds.caps.forget()
    await this.activity.clear()
    await Promise.all([clearNodeDatabase(this.#database), this.owner.forget()])
    this.refresh()
  }

  #createErrands(): AccountErrands {
    const { around } = this.#ports
    return new AccountErrands({
      askOnLink: (request) => this.#dialer.askAccount(request),
      mayDial: () =>
        this.#identity !== null &&
        around.managed()?.off === false &&
        ['idle', 'stopped'].includes(this.#dialer.status.phase),
      dialFor: (request, ended) => {
        const { relayUrl } = this
        return dialErrand(request, {
          relayUrl,
          dial: (target, events) =>
            this.#ports.dial(target, this.#linkPorts(withoutLanes(this.bounds)), events),
          earned: (earned) => this.#earned(relayUrl, earned),
          answered: (answer) => this.#errands.heard(answer),
          moved: (bytes) => this.bounds.caps.note(bytes),
          ended,
        })
      },
    })
  }

  #facts(): SharingFacts {
    const { around } = this.#ports
    return {
      managed: around.managed(),
      presence: around.presence(),
      nowUnixMs: around.nowUnixMs(),
      timeZone: around.timeZone(),
      owner: this.owner.state,
      consentText: this.#ports.consentText,
      hostAccess: this.#hostAccess,
      addressLock: this.#ports.addressLock,
      relayUrl: this.relayUrl,
      cap: this.bounds.caps.reached,
      link: this.#dialer.status,
    }
  }

  #createDialer(): RelayDialer {
    return new RelayDialer({
      dial: async (target, events) => {
        await this.ensureIdentity()
        return this.#ports.dial(target, this.#linkPorts(this.bounds), events)
      },
      changed: (status) => this.#linkChanged(status),
      welcomed: (relayUrl, welcome) => this.#welcomed(relayUrl, welcome),
      earned: (relayUrl, earned) => this.#earned(relayUrl, earned),
      quality: (quality) => {
        this.#word.judged(quality)
        this.#ports.changed('figures')
      },
      accountAnswered: (answer) => this.#errands.heard(answer),
      carried: (bytes) => {
        this.#carried.meter.note(bytes)
        this.#ports.changed('figures')
      },
      moved: (bytes) => this.bounds.caps.note(bytes),
      linkEnded: () => {
        this.#errands.linkEnded()
        void this.#carried.save()
      },
      random: Math.random,
    })
  }

  #linkPorts({ terms, limits }: Pick<OwnerBounds, 'terms' | 'limits'>): NodeLinkPorts {
    return {
      identity: this.#identity as NodeIdentity,
      terms,
      limits,
      halted: () => this.bounds.caps.halted,
      activity: this.activity,
      receipts: this.#carried.receipts,
    }
  }

  #createBounds(): OwnerBounds {
    const { around } = this.#ports
    return createOwnerBounds({
      database: this.#database,
      settings: () => this.owner.state.settings,
      presenceLimits: () => presenceLimitsOf(this.owner.state.settings, around.presence()),
      nowUnixMs: around.nowUnixMs,
      turned: () => this.refresh(),
    })
  }

  #linkChanged(status: LinkStatus): void {
    if (status.phase !== 'linked') this.#word.unlinked()
    if (status.phase === 'linked' && this.#notice.isGivenOn(this.#facts())) return this.refresh()
    if (status.phase === 'stopped') {
      const { code, detail } = status
      void this.owner.change({ linkStop: { code, detail, relayUrl: this.relayUrl } })
      this.#setAlarm(false)
    }
    this.#ports.changed('state')
  }

  #welcomed(relayUrl: string, welcome: FrameOf<'welcome'>): void {
    this.#carried.meter.setRate(welcome.unitsPerMib)
    this.#word.welcomed(relayUrl, welcome)
  }

  #earned(relayUrl: string, earned: FrameOf<'earned'>): void {
    const accountUnits = unitsOf(earned)
    if (accountUnits === null) return
    this.#carried.meter.catchUp(earned.nodeCarriedBytes)
    void this.owner.change({ earned: { relayUrl, accountUnits } })
    this.#ports.changed('state')
  }

  #setAlarm(on: boolean): void {
    if (on === this.#alarm) return
    this.#alarm = on
    this.#ports.setAlarm(on)
  }
}

const leadsElsewhere =
  'This relay’s own answers tell browsers to send reports, or to go to another host or port. Fallow does not connect to it; its operator can mend that.'
