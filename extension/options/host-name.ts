/** The name in what an owner typed or pasted, be it a whole address; null where there is none. In the form that requests have. */
export function hostNameOf(typed: string): string | null {
  const text = typed.trim()
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`)
  const name = url?.hostname.replace(/\.$/, '') ?? ''
  return /^[a-z0-9-]+(\.[a-z0-9-]+)+$|^\[[0-9a-f:.]+\]$/.test(name) ? name : null
}

/** All names in a pasted list, and the first piece that is none. */
export function hostNamesOf(typed: string): { names: string[]; wrong: string | null } {
  const pieces = typed.split(/[\s,;]+/).filter(Boolean)
  const names = pieces.map(hostNameOf)
  const wrong = pieces[names.indexOf(null)] ?? null
  return { names: [...new Set(names.filter((name) => name !== null))], wrong }
}
