import type { ActivityPage, ActivityQuery } from './activity.ts'
import type { DeniedCustomer, OwnerAnswers, OwnerSettings } from './owner-settings.ts'
import type { ConsentGiven } from './owner-view.ts'

/**
 * What a page may ask of the background: one object of functions. Pages call it through `sendCommand`, the background
 * implements it through `answerCommands`; both ends take their types from here.
 */
export type OwnerCommands = {
  /**
   * The owner agreed to the text of this version and hash. The page has asked the browser for host access in the
   * same click, before sending this. Fails with `consent-outdated`, `host-access-missing`, `questions-open`.
   */
  agree(given: Omit<ConsentGiven, 'agreedAt'> & { answers: OwnerAnswers }): Promise<CommandResult>
  /** The owner said no. Any link closes; nothing is asked again until the owner opens the consent page. */
  decline(): Promise<CommandResult>
  /** Within one second: every lane ends with `owner-paused` and the link closes. Remembered over a restart. */
  pause(wanted: { for: PauseLength }): Promise<CommandResult>
  /** Dials at once, without back-off. Fails with `consent-missing`. */
  resume(): Promise<CommandResult>
  /** Where to dial, already in the form `parseRelayUrl` returns. Fails with `relay-url-invalid`. */
  setRelayUrl(wanted: { url: string }): Promise<CommandResult>
  /** Takes effect at once. Fails with `settings-invalid`, and then changes nothing. */
  changeSettings(changes: Partial<OwnerSettings>): Promise<CommandResult>
  /** Adds to the owner's own deny lists; what runs now for it ends. */
  refuseSite(wanted: { host: string }): Promise<CommandResult>
  refuseCustomer(wanted: DeniedCustomer): Promise<CommandResult>
  readActivity(query: ActivityQuery): Promise<CommandResult<ActivityPage>>
  clearActivity(): Promise<CommandResult>
  /** Asks the relay for the account's devices; they come with the next snapshot. Fails with `relay-not-reached`. */
  listDevices(): Promise<CommandResult>
  /** Makes a new recovery code, which replaces an earlier one. Shown once. Fails with `relay-not-reached`. */
  makeRecoveryCode(): Promise<CommandResult<{ code: string }>>
  /** Fails with `recovery-code-invalid`, `recovery-code-unknown`, `too-many-tries`, `relay-not-reached`. */
  useRecoveryCode(wanted: { code: string }): Promise<CommandResult>
  /**
   * Withdraws the agreement and deletes the key, the log, the settings and the browser's permission. The relay is told first; where it is
   * not reached, `relay-not-reached`, and nothing is deleted unless `evenUntold`.
   */
  withdraw(wanted: { evenUntold: boolean }): Promise<CommandResult>
}

export type CommandName = keyof OwnerCommands

export const pauseLengths = ['half-hour', 'until-tomorrow', 'until-resumed'] as const
export type PauseLength = (typeof pauseLengths)[number]

export type CommandFailure = { ok: false; code: CommandFailureCode; detail: string }
export type CommandResult<Value = undefined> = { ok: true; value: Value } | CommandFailure

/** Closed. `detail` is a sentence for the owner. The last three are the channel's own. */
export const commandFailureCodes = [
  'consent-outdated',
  'consent-missing',
  'host-access-missing',
  'relay-url-invalid',
  'questions-open',
  'settings-invalid',
  'recovery-code-invalid',
  'recovery-code-unknown',
  'too-many-tries',
  'relay-not-reached',
  'managed-by-organisation',
  'unknown-command',
  'background-failed',
  'background-unreachable',
] as const

export type CommandFailureCode = (typeof commandFailureCodes)[number]

/** Runtime twin of `OwnerCommands`: a name outside it is answered `unknown-command`. */
export const commandNames = [
  'agree',
  'decline',
  'pause',
  'resume',
  'setRelayUrl',
  'changeSettings',
  'refuseSite',
  'refuseCustomer',
  'readActivity',
  'clearActivity',
  'listDevices',
  'makeRecoveryCode',
  'useRecoveryCode',
  'withdraw',
] as const satisfies CommandName[]

export const commandDone = { ok: true, value: undefined } as const satisfies CommandResult

export const commandGives = <Value>(value: Value): CommandResult<Value> => ({ ok: true, value })

export function commandFailed(code: CommandFailureCode, detail: string): CommandFailure {
  return { ok: false, code, detail }
}
