/** One change of a source file. `find` stands in it exactly once, and is taken out of it where `replace` is empty. */
export type SourceEdit = { file: string; find: string; replace: string }

/** The text after the change. Throws where `find` does not stand in it exactly once, or nothing would change. */
export function applyEdit(text: string, { file, find, replace }: SourceEdit): string {
  const [before, after, ...more] = text.split(find)
  if (before === undefined || after === undefined || more.length > 0 || find === '')
    throw new Error(
      `${file} must hold this exactly once, and holds it ${occurrences(text, find)} times: ${find}`,
    )
  if (find === replace) throw new Error(`nothing would change in ${file}: ${find}`)
  return before + replace + after
}

const occurrences = (text: string, find: string): number => (find === '' ? 0 : text.split(find).length - 1)
