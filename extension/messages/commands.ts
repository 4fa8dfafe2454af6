import type { ConsentGiven } from './owner-view.ts'

/**
 * What a page may ask of the background: one object of functions. Pages call it through `sendCommand`, the background
 * implements it through `answerCommands`; both ends take their types from here.
 */
export type OwnerCommands = {
  /**
   * The owner agreed to the text of this version and hash. The page has asked the browser for host access in the
   * same click, before sending this. Fails with `consent-outdated`, `host-access-missing`.
   */
  agree(given: Pick<ConsentGiven, 'version' | 'sha256'>): Promise<CommandResult>
  /** The owner said no. Any link closes; nothing is asked again until the owner opens the consent page. */
  decline(): Promise<CommandResult>
  /** Within one second: every lane ends with `owner-paused` and the link closes. Remembered over a restart. */
  pause(): Promise<CommandResult>
  /** Dials at once, without back-off. Fails with `consent-missing`. */
  resume(): Promise<CommandResult>
  /** Where to dial, already in the form `parseRelayUrl` returns. Fails with `relay-url-invalid`. */
  setRelayUrl(wanted: { url: string }): Promise<CommandResult>
}

export type CommandName = keyof OwnerCommands

export type CommandResult = { ok: true } | { ok: false; code: CommandFailureCode; detail: string }

/** Closed. `detail` is a sentence for the owner. The last three are the channel's own. */
export const commandFailureCodes = [
  'consent-outdated',
  'consent-missing',
  'host-access-missing',
  'relay-url-invalid',
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
] as const satisfies CommandName[]

export const commandDone: CommandResult = { ok: true }

export function commandFailed(code: CommandFailureCode, detail: string): CommandResult {
  return { ok: false, code, detail }
}
