import { type CustomerListing, LedgerError } from '#points-ledger'
import { formatBytes, parseSize } from './amounts.ts'
import type { Command } from './command.ts'
import { formatMoment, jsonOf, printable, type TableColumn, tableOf } from './print.ts'
import { UsageError } from './usage-error.ts'

const createCustomer: Command = {
  group: 'customer',
  name: 'create',
  summary: 'make a customer with prepaid traffic, and show its API key this one time',
  options: [
    { name: 'name', value: 'NAME', help: 'what to call the customer' },
    { name: 'traffic', value: 'SIZE', help: 'prepaid traffic: a whole number of B, KiB, MiB, GiB or TiB' },
  ],
  example: 'fallow customer create --name acme --traffic 10GiB',
  check: ({ traffic = '' }) => void parseSize(traffic, '--traffic'),
  run: async (ledger, { name = '', traffic = '' }) => {
    const { customerId, apiKey } = await ledger
      .createCustomer({ name, trafficBytes: parseSize(traffic, '--traffic') })
      .catch(asUsageError)
    const json = { customerId, apiKey }
    return { json, text: jsonOf(json) }
  },
}

const customerColumns: readonly TableColumn<CustomerListing>[] = [
  { title: 'CUSTOMER', of: ({ customerId }) => customerId },
  { title: 'NAME', of: ({ name }) => printable(name) },
  { title: 'CREATED (UTC)', of: ({ createdAt }) => formatMoment(createdAt) },
  { title: 'FREE', align: 'right', of: ({ freeBytes }) => formatBytes(freeBytes) },
  { title: 'HELD', align: 'right', of: ({ heldBytes }) => formatBytes(heldBytes) },
  { title: 'CHARGED', align: 'right', of: ({ chargedBytes }) => formatBytes(chargedBytes) },
]

const noCustomers = 'There are no customers yet. Make one: fallow customer create --name acme --traffic 10GiB'

const listCustomers: Command = {
  group: 'customer',
  name: 'list',
  summary: 'show all customers and what is left of their traffic',
  options: [],
  example: 'fallow customer list',
  run: async (ledger) => {
    const customers = await ledger.listCustomers()
    return { json: customers, text: tableOf(customers, customerColumns, noCustomers) }
  },
}

export const customerCommands: readonly Command[] = [createCustomer, listCustomers]

/** The ledger knows what a name may be; a name that it refuses was typed wrongly. */
function asUsageError(error: unknown): never {
  if (error instanceof LedgerError && error.code === 'invalid-input')
    throw new UsageError(`--${error.message}`)
  throw error
}
