export {
  type ActivityCustomer,
  type ActivityPage,
  type ActivityQuery,
  type ActivityRow,
  activityPageRowsMax,
} from './activity.ts'
export { createBackgroundSide } from './background-side.ts'
export {
  type CommandResult,
  commandDone,
  commandFailed,
  commandGives,
  type OwnerCommands,
  type PauseLength,
  pauseLengths,
} from './commands.ts'
export { parseHostEntry } from './host-entry.ts'
export { fill, type Language, languages } from './language.ts'
export {
  type ByteCaps,
  type DeniedCustomer,
  freshSettings,
  keepActivityDaysMax,
  lanesMaxDefault,
  type OwnerAnswers,
  type OwnerRules,
  type OwnerSettings,
  type SharingMode,
  scheduleHours,
  sharingModes,
} from './owner-settings.ts'
export {
  type ConsentGiven,
  type DayView,
  type DeviceView,
  type EarningHint,
  type LinkQuality,
  type NotSharing,
  type NotSharingReason,
  notSharingReasons,
  type OwnerView,
  type Sharing,
} from './owner-view.ts'
export type { PageHost } from './page-host.ts'
export { isLoopbackLiteral, parseRelayUrl } from './relay-url.ts'
export { checkSettings, readSettings } from './settings-check.ts'
export { toneOf } from './tone.ts'
