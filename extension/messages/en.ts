import { activity } from './en/activity.ts'
import { consent } from './en/consent.ts'
import { failures, relayUrlProblems } from './en/failures.ts'
import { options } from './en/options.ts'
import { popup } from './en/popup.ts'
import { questions } from './en/questions.ts'
import { hints, notSharing, status } from './en/status.ts'

/** Every word the pages show, but the agreement, which has its own module and version. `ja.ts` says the same. */
export const en = {
  activity,
  notSharing,
  status,
  hints,
  popup,
  questions,
  consent,
  options,
  failures,
  relayUrlProblems,
}

/** What each language must say. */
export type Words = typeof en
