import type { ActivityRow } from '../activity.ts'
import { type CommandResult, commandFailed, commandGives, type OwnerCommands } from '../commands.ts'
import type { OwnerView } from '../owner-view.ts'
import { readFakeActivity } from './fake-log.ts'
import { fakeAgreedAt, off, waiting, working } from './fake-view.ts'

export type FakeParts = {
  view(): OwnerView
  become(change: Partial<OwnerView>): CommandResult
  /** What went through, the oldest first. */
  log: ActivityRow[]
  /** Whether the relay answers; `&unreachable` says no. */
  isRelayReached: boolean
}

const minuteMs = 60_000
const pauseMs = { 'half-hour': 30 * minuteMs, 'until-tomorrow': 9 * 60 * minuteMs, 'until-resumed': null }
const notReached = commandFailed('relay-not-reached', 'The relay was not reached. Nothing was changed.')

/** Every command, played on a view. */
export function fakeCommands({ view, become, log, isRelayReached }: FakeParts): OwnerCommands {
  const rules = () => view().settings.rules
  const changeRules = (change: Partial<OwnerView['settings']['rules']>) =>
    become({ settings: { ...view().settings, rules: { ...rules(), ...change } } })
  const reaching = async <T>(act: () => T) => (isRelayReached ? act() : notReached)
  return {
    agree: async ({ answers, ...text }) =>
      become({
        sharing: waiting,
        consent: { ...text, agreedAt: fakeAgreedAt },
        settings: { ...view().settings, ...answers },
      }),
    decline: async () => become({ sharing: off('consent-declined'), consent: null }),
    pause: async ({ for: length }) => {
      const forMs = pauseMs[length]
      return become({
        sharing: { phase: 'off', reason: 'paused-by-you' },
        pause: { untilUnixMs: forMs === null ? null : Date.now() + forMs },
      })
    },
    resume: async () => become({ sharing: working, pause: null }),
    setRelayUrl: async ({ url }) => become({ relay: { url, linkedSince: null }, sharing: off('connecting') }),
    changeSettings: async (changes) => become({ settings: { ...view().settings, ...changes } }),
    refuseSite: async ({ host }) => changeRules({ deniedHosts: [...rules().deniedHosts, host] }),
    refuseCustomer: async (customer) =>
      changeRules({ deniedCustomers: [...rules().deniedCustomers, customer] }),
    readActivity: async (query) => commandGives(readFakeActivity(log, query)),
    async clearActivity() {
      log.length = 0
      return become({ recent: [], activity: { newestId: 0, rows: 0 } })
    },
    listDevices: () => reaching(() => become({})),
    makeRecoveryCode: () => reaching(() => commandGives({ code: fakeRecoveryCode })),
    useRecoveryCode: ({ code }) =>
      reaching(() =>
        code.replace(/[\s-]/g, '').length < 43
          ? commandFailed('recovery-code-invalid', 'This is not a whole recovery code.')
          : become({}),
      ),
    withdraw: async ({ evenUntold }) =>
      isRelayReached || evenUntold
        ? become({ sharing: off('consent-not-given'), consent: null, node: { id: null, country: null } })
        : notReached,
  }
}

const fakeRecoveryCode = 'QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8'
