import { namesAbove } from '#network-policy'
import { type NodeTerms, termsCharactersMax, termsHostsMax } from '#protocol'
import type { OwnerRules } from '../messages/index.ts'

/**
 * What the relay is told of the owner's rules. Longer lists are cut to what a link's terms hold, and all of them still hold in the node.
 * Of a list that is cut the newest entries are told: they are the last of the list, and most likely about what is offered now. The
 * three lists take turns, so that a long one does not crowd out another. What says nothing new is left out before: a host under another
 * host of its list, and allowed hosts where nothing would refuse them.
 */
export function termsOf(rules: OwnerRules, lanesMax: number): NodeTerms {
  const { deniedCategories, onlyAllowed } = rules
  const terms: NodeTerms = {
    lanesMax,
    deniedCategories,
    deniedHosts: [],
    allowedHosts: [],
    onlyAllowed,
    deniedCustomers: [],
  }
  const allowedMatter = onlyAllowed || deniedCategories.length > 0
  fillInTurn(terms, [
    { name: 'deniedHosts', entries: newestFirst(withoutNarrower(rules.deniedHosts)) },
    { name: 'allowedHosts', entries: allowedMatter ? newestFirst(withoutNarrower(rules.allowedHosts)) : [] },
    { name: 'deniedCustomers', entries: newestFirst(rules.deniedCustomers.map(({ id }) => id)) },
  ])
  return terms
}

type TermsList = { name: 'deniedHosts' | 'allowedHosts' | 'deniedCustomers'; entries: string[] }

function fillInTurn(terms: NodeTerms, lists: readonly TermsList[]): void {
  let charactersLeft = termsCharactersMax - JSON.stringify(terms).length
  const takesAnother = ({ name, entries }: TermsList): boolean => {
    const entry = entries.shift()
    if (entry === undefined) return false
    const isFull =
      name === 'deniedCustomers'
        ? terms.deniedCustomers.length >= termsHostsMax
        : terms.deniedHosts.length + terms.allowedHosts.length >= termsHostsMax
    // The quotes, and the comma before it.
    const characters = JSON.stringify(entry).length + 1
    if (isFull || characters > charactersLeft) return false
    terms[name].push(entry)
    charactersLeft -= characters
    return true
  }
  let taking = [...lists]
  while (taking.length > 0) taking = taking.filter(takesAnother)
}

const newestFirst = (entries: readonly string[]): string[] => [...entries].reverse()

/** Without hosts that lie under another one of the same list. */
function withoutNarrower(hosts: readonly string[]): string[] {
  const all = new Set(hosts)
  return hosts.filter((host) => ![...namesAbove(host)].slice(1).some((wider) => all.has(wider)))
}
