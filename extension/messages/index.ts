export { createBackgroundSide } from './background-side.ts'
export { type CommandResult, commandDone, commandFailed, type OwnerCommands } from './commands.ts'
export {
  type ConsentGiven,
  type NotSharingReason,
  notSharingReasons,
  type OwnerView,
  type Sharing,
} from './owner-view.ts'
export type { PageHost } from './page-host.ts'
export { isLoopbackLiteral, parseRelayUrl } from './relay-url.ts'
