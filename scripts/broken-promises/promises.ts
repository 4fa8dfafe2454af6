import type { BrokenPromise } from './broken-promise.ts'
import { towardOthers } from './toward-others.ts'
import { whatStaysPrivate } from './what-stays-private.ts'
import { whenAndHowMuch } from './when-and-how-much.ts'

export const promises: readonly BrokenPromise[] = [...whenAndHowMuch, ...whatStaysPrivate, ...towardOthers]
