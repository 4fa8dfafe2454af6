/** What the relay hears of the ledger about customers whose standing or details changed. By the database's clock. */
export type ChangeRegister = {
  customerChanges(since: Date | null): Promise<{
    asOf: Date
    customers: readonly { customerId: string; isSuspended: boolean; changedAt: Date }[]
  }>
}

export type StandingParts = {
  register: ChangeRegister
  /** What is kept of this customer elsewhere is out of date. */
  changed(customerId: string): void
  log: { warn(fields: object, sentence: string): void }
  /** How often the ledger is asked; tests take a shorter time. */
  everyMs?: number
}

/** A suspension has 5 s to reach everything that runs, on every relay: asking takes a moment, and may fail once. */
const askEveryMs = 1_000

export type CustomerStanding = ReturnType<typeof createCustomerStanding>

/**
 * Which customers may not ask any more. Asks the ledger every second for changes alone, which costs it one look into an index, and cuts
 * what runs for a customer that was suspended. Who was suspended before this relay first heard of it is known from the customer's
 * own record, read with its key.
 */
export function createCustomerStanding({ register, changed, log, everyMs = askEveryMs }: StandingParts) {
  const suspended = new Set<string>()
  const running = new Map<string, Set<() => void>>()
  /** The ledger tells of a change more than once. */
  let told = new Map<string, number>()
  let since: Date | null = null
  let asking: Promise<void> | null = null

  const cutAll = (customerId: string) => {
    for (const cut of [...(running.get(customerId) ?? [])]) cut()
  }

  const learn = async () => {
    const { asOf, customers } = await register.customerChanges(since)
    since = asOf
    const known = told
    told = new Map(customers.map(({ customerId, changedAt }) => [customerId, changedAt.getTime()]))
    for (const { customerId, isSuspended, changedAt } of customers) {
      if (known.get(customerId) === changedAt.getTime()) continue
      if (isSuspended) suspended.add(customerId)
      else suspended.delete(customerId)
      changed(customerId)
      if (isSuspended) cutAll(customerId)
    }
  }

  const ask = () => {
    const warn = (error: unknown) =>
      log.warn({ error: String(error) }, 'the ledger could not be asked who is suspended; it is asked again')
    asking ??= learn()
      .catch(warn)
      .finally(() => {
        asking = null
      })
    return asking
  }
  const timer = setInterval(ask, everyMs)

  return {
    isSuspended: (customerId: string): boolean => suspended.has(customerId),

    /** `cut` is called once the customer is suspended; at once where that is so already. Returns what ends the watching. */
    watch(customerId: string, cut: () => void): () => void {
      const ofCustomer = running.get(customerId) ?? new Set()
      running.set(customerId, ofCustomer.add(cut))
      if (suspended.has(customerId)) cut()
      return () => {
        ofCustomer.delete(cut)
        if (ofCustomer.size === 0 && running.get(customerId) === ofCustomer) running.delete(customerId)
      }
    },

    async close(): Promise<void> {
      clearInterval(timer)
      await asking
    },
  }
}
