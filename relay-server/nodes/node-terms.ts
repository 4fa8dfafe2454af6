import { namesAbove, ownerCategoriesOf } from '#network-policy'
import type { NodeTerms } from '#protocol'

/** What is asked of a node: this target, a redirect hop too, which leads to these homes (`homesOf`), for this customer. */
export type Errand = { url: URL; homes: ReadonlySet<string>; customerId: string }

/** A node's terms, made ready to be asked for every request. Denied beats allowed, and allowed beats a denied category. */
export class ReadyTerms {
  readonly lanesMax: number
  readonly #onlyAllowed: boolean
  readonly #deniedHosts: ReadonlySet<string>
  readonly #allowedHosts: ReadonlySet<string>
  readonly #deniedCategories: ReadonlySet<string>
  readonly #deniedCustomers: ReadonlySet<string>
  /** Most owners have no rules, and the picker asks every node for every request. */
  readonly #hasRules: boolean

  constructor(terms: NodeTerms) {
    this.lanesMax = terms.lanesMax
    this.#onlyAllowed = terms.onlyAllowed
    this.#deniedHosts = new Set(terms.deniedHosts)
    this.#allowedHosts = new Set(terms.allowedHosts)
    this.#deniedCategories = new Set(terms.deniedCategories)
    this.#deniedCustomers = new Set(terms.deniedCustomers)
    this.#hasRules =
      terms.onlyAllowed ||
      terms.deniedHosts.length + terms.deniedCategories.length + terms.deniedCustomers.length > 0
  }

  /** Do the owner's rules refuse this? */
  refuse({ url, customerId }: Pick<Errand, 'url' | 'customerId'>): boolean {
    return this.#hasRules && (this.#deniedCustomers.has(customerId) || this.#refuseHost(url.hostname))
  }

  #refuseHost(hostname: string): boolean {
    const names = [...namesAbove(hostname)]
    if (names.some((name) => this.#deniedHosts.has(name))) return true
    if (names.some((name) => this.#allowedHosts.has(name))) return false
    return (
      this.#onlyAllowed ||
      (this.#deniedCategories.size > 0 &&
        ownerCategoriesOf(hostname).some((category) => this.#deniedCategories.has(category)))
    )
  }
}
