import { parseHostEntry } from '../messages/index.ts'

/** All names in what was typed or pasted, once each, and the first piece that is none. */
export function hostNamesOf(typed: string): { names: string[]; wrong: string | null } {
  const pieces = typed.split(/[\s,;]+/).filter(Boolean)
  const parsed = pieces.map(parseHostEntry)
  const wrong = pieces[parsed.findIndex(({ ok }) => !ok)] ?? null
  return { names: [...new Set(parsed.flatMap((entry) => (entry.ok ? [entry.host] : [])))], wrong }
}
