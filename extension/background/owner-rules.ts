import { namesAbove, ownerCategoriesOf } from '#network-policy'
import type { FrameOf } from '#protocol'
import type { OwnerRules } from '../messages/index.ts'
import { ExchangeFailure } from './exchange-failure.ts'

/** What the owner's rules judge: the target, each redirect hop anew, and for whom it is. */
export type OwnerQuestion = Pick<FrameOf<'open'>, 'url'> & {
  customer: Pick<FrameOf<'open'>['customer'], 'id'>
}

/** The customer hears that a rule refuses it, and not which one. */
const refused = () =>
  new ExchangeFailure('owner-rule', 'the owner of this node does not fetch this; ask another one')

/**
 * The owner's rules, made ready to be asked many times: lists of thousands of hosts cost one look-up for each part of a name.
 * Denied beats allowed, and allowed beats a denied category.
 */
export function createOwnerRules(rules: OwnerRules) {
  const denied = new Set(rules.deniedHosts)
  const allowed = new Set(rules.allowedHosts)
  const categories = new Set(rules.deniedCategories)
  const customers = new Set(rules.deniedCustomers.map(({ id }) => id))

  const allows = (hostname: string): boolean => {
    const names = [...namesAbove(hostname)]
    if (names.some((name) => denied.has(name))) return false
    if (names.some((name) => allowed.has(name))) return true
    return !rules.onlyAllowed && !ownerCategoriesOf(hostname).some((category) => categories.has(category))
  }

  return {
    refusalOf({ url, customer }: OwnerQuestion): ExchangeFailure | null {
      return customers.has(customer.id) || !allows(new URL(url).hostname) ? refused() : null
    },
  }
}

/** Asks the rules of this moment. They are replaced as a whole when the owner changes them, and made ready once. */
export function createRuleKeeper(rulesNow: () => OwnerRules) {
  let readyFor: OwnerRules | null = null
  let ready: ReturnType<typeof createOwnerRules> | null = null
  return {
    refusalOf(asked: OwnerQuestion): ExchangeFailure | null {
      const rules = rulesNow()
      if (!ready || rules !== readyFor) ready = createOwnerRules(rules)
      readyFor = rules
      return ready.refusalOf(asked)
    },
  }
}
