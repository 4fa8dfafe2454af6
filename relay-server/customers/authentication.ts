import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'

export type Customer = {
  customerId: string
  label: string
  /** What it may ask for; the first is meant where a request names none. */
  purposes: readonly string[]
  contact: string | null
  suspendedAt: Date | null
}
/** What authentication needs of the ledger. */
export type KeyRegister = { findCustomerByApiKey(apiKey: string): Promise<Customer | null> }

const keptKeysMax = 10_000
/** What changes about a customer is heard of sooner; a key itself never changes. */
const keptMs = 30_000
/** One that is suspended may be resumed at any moment, and yet must not cost a look-up for each of its requests. */
const suspendedMs = 1_000
/** A wrong key is not looked up again for so long. */
const refusedMs = 5_000
const keyPattern = /^fk_[A-Za-z0-9_-]{43}$/

export type Authentication = ReturnType<typeof createAuthentication>

/** Finds the customer of `Authorization: Bearer fk_…`, or of Basic with the key as user. Kept for a moment, by the key's hash. */
export function createAuthentication(register: KeyRegister) {
  const kept = new LRUCache<string, { customer: Customer | null }>({ max: keptKeysMax, ttl: keptMs })
  return {
    async customerOf(authorization: string | undefined): Promise<Customer | null> {
      const apiKey = apiKeyIn(authorization)
      if (!apiKey) return null
      const hash = createHash('sha256').update(apiKey).digest('base64')
      const known = kept.get(hash)
      if (known) return known.customer
      const customer = await register.findCustomerByApiKey(apiKey)
      kept.set(hash, { customer }, { ttl: keepMsOf(customer) })
      return customer
    },

    /** Something about the customer has changed: its next request is looked up again. */
    forget(customerId: string): void {
      for (const [hash, { customer }] of [...kept.entries()])
        if (customer?.customerId === customerId) kept.delete(hash)
    },
  }
}

function keepMsOf(customer: Customer | null): number {
  if (!customer) return refusedMs
  return customer.suspendedAt ? suspendedMs : keptMs
}

/** Null where there is no text of a key's shape: such a request never reaches the database. */
function apiKeyIn(authorization: string | undefined): string | null {
  const [scheme = '', credentials = ''] = authorization?.trim().split(/ +/) ?? []
  const text = scheme.toLowerCase() === 'basic' ? basicUser(credentials) : credentials
  const isKnownScheme = /^(basic|bearer)$/i.test(scheme)
  return isKnownScheme && keyPattern.test(text) ? text : null
}

const basicUser = (credentials: string): string =>
  Buffer.from(credentials, 'base64').toString('utf8').split(':')[0] ?? ''
