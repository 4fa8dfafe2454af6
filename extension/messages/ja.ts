import type { Words } from './en.ts'
import { activity } from './ja/activity.ts'
import { consent } from './ja/consent.ts'
import { failures, relayUrlProblems } from './ja/failures.ts'
import { options } from './ja/options.ts'
import { popup } from './ja/popup.ts'
import { questions } from './ja/questions.ts'
import { hints, notSharing, status } from './ja/status.ts'

export const ja = {
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
} satisfies Words
