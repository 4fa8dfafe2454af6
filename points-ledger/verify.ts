import type { Transaction } from './store/connection.ts'
import { type Answer, ask, type Question, questions } from './store/verify-store.ts'

/** One thing that must be true of the books, and a sentence that says what was found. */
export type LedgerCheck = { name: string; ok: boolean; found: string }

/** Asks every question, one after another; give it a snapshot, so that all see the same books. */
export async function verifyBooks(tx: Transaction): Promise<LedgerCheck[]> {
  const checks: LedgerCheck[] = []
  for (const question of questions) checks.push(checkOf(question, await ask(tx, question)))
  return checks
}

function checkOf({ name, things, promise }: Question, { examined, wrong, details }: Answer): LedgerCheck {
  if (wrong === 0) return { name, ok: true, found: rightSentence(examined, things, promise) }
  const more = wrong > details.length ? `; and ${wrong - details.length} more` : ''
  return { name, ok: false, found: `${details.join('; ')}${more}` }
}

function rightSentence(examined: number, things: string, promise: string): string {
  return examined === 0 ? `there are no ${things} yet` : `${examined} of ${examined} ${things} ${promise}`
}
