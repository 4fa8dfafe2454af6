export { type BackgroundSide, createBackgroundSide } from './background-side.ts'
export {
  type CommandFailureCode,
  type CommandName,
  type CommandResult,
  commandDone,
  commandFailed,
  commandFailureCodes,
  commandNames,
  type OwnerCommands,
} from './commands.ts'
export type { BackgroundMessenger, PageMessenger, PushChannel } from './messenger.ts'
export {
  type ConsentGiven,
  type NotSharingReason,
  notSharingReasons,
  type OwnerView,
  type Sharing,
} from './owner-view.ts'
export type { PageHost } from './page-host.ts'
export { createPageSide, type PageSide } from './page-side.ts'
export { isLoopbackHost, type ParsedRelayUrl, parseRelayUrl, type RelayUrlProblem } from './relay-url.ts'
