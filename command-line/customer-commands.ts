import { type CustomerListing, type CustomerRecord, LedgerError } from '#points-ledger'
import { formatBytes, parseSize } from './amounts.ts'
import type { Answer, Command } from './command.ts'
import { formatMoment, jsonOf, printable, type TableColumn, tableOf } from './print.ts'
import { UsageError } from './usage-error.ts'

const nameOption = { name: 'name', value: 'NAME', help: 'what to call the customer; owners of nodes see it' }
const purposeOption = {
  name: 'purpose',
  value: 'PURPOSE',
  help: 'what for, such as ai-retrieval; owners see it. Once for each; a request that names none means the first',
  repeatable: true,
} as const
const contactOption = {
  name: 'contact',
  value: 'CONTACT',
  help: 'an e-mail or web address at which owners can ask',
}
const idOption = { name: 'id', value: 'CUSTOMER', help: 'which customer: the id that customer list shows' }

const createExample =
  'fallow customer create --name acme --purpose ai-retrieval --contact ops@acme.example --traffic 10GiB'

const createCustomer: Command = {
  group: 'customer',
  name: 'create',
  summary: 'make a customer with prepaid traffic, and show its API key this one time',
  options: [
    nameOption,
    purposeOption,
    contactOption,
    { name: 'traffic', value: 'SIZE', help: 'prepaid traffic: a whole number of B, KiB, MiB, GiB or TiB' },
  ],
  example: createExample,
  check: ({ one: { traffic = '' } }) => void parseSize(traffic, '--traffic'),
  run: async (ledger, { one: { name: label = '', contact = '', traffic = '' }, many: { purpose = [] } }) => {
    const trafficBytes = parseSize(traffic, '--traffic')
    const { customerId, apiKey } = await ledger
      .createCustomer({ label, purposes: purpose, contact, trafficBytes })
      .catch(asUsageError)
    const json = { customerId, apiKey }
    return { json, text: jsonOf(json) }
  },
}

const customerColumns: readonly TableColumn<CustomerListing>[] = [
  { title: 'CUSTOMER', of: ({ customerId }) => customerId },
  { title: 'NAME', of: ({ label }) => printable(label) },
  { title: 'PURPOSES', of: ({ purposes }) => printable(purposes.join(', ')) },
  { title: 'CONTACT', of: ({ contact }) => printable(contact ?? 'none') },
  { title: 'CREATED (UTC)', of: ({ createdAt }) => formatMoment(createdAt) },
  { title: 'FREE', align: 'right', of: ({ freeBytes }) => formatBytes(freeBytes) },
  { title: 'HELD', align: 'right', of: ({ heldBytes }) => formatBytes(heldBytes) },
  { title: 'CHARGED', align: 'right', of: ({ chargedBytes }) => formatBytes(chargedBytes) },
  { title: 'STANDING', of: standingOf },
]

const listCustomers: Command = {
  group: 'customer',
  name: 'list',
  summary: 'show all customers, what they ask for, and what is left of their traffic',
  options: [],
  example: 'fallow customer list',
  run: async (ledger) => {
    const customers = await ledger.listCustomers()
    const none = `There are no customers yet. Make one: ${createExample}`
    return { json: customers, text: tableOf(customers, customerColumns, none) }
  },
}

const changeCustomer: Command = {
  group: 'customer',
  name: 'change',
  summary: 'change a customer’s name, purposes or contact; what is not given stays as it is',
  options: [
    idOption,
    { ...nameOption, optional: true },
    { ...purposeOption, optional: true },
    { ...contactOption, optional: true },
  ],
  example: 'fallow customer change --id cus_1 --purpose ai-retrieval --purpose price-watch',
  check: ({ one: { name, contact }, many: { purpose = [] } }) => {
    if (name === undefined && contact === undefined && purpose.length === 0)
      throw new UsageError(
        'fallow customer change needs --name NAME, --purpose PURPOSE or --contact CONTACT.',
      )
  },
  run: async (ledger, { one: { id: customerId = '', name, contact }, many: { purpose = [] } }) => {
    const changes = {
      ...(name !== undefined && { label: name }),
      ...(purpose.length > 0 && { purposes: purpose }),
      ...(contact !== undefined && { contact }),
    }
    return standing(await ledger.changeCustomer({ customerId, ...changes }).catch(asUsageError))
  },
}

const suspendCustomer: Command = {
  group: 'customer',
  name: 'suspend',
  summary:
    'cut all that runs for a customer within 5 seconds, on every relay, and refuse what it asks from then on',
  options: [
    idOption,
    { name: 'reason', value: 'REASON', help: 'why, for operators; the customer is not told' },
  ],
  example: 'fallow customer suspend --id cus_1 --reason complaint-17',
  run: async (ledger, { one: { id: customerId = '', reason = '' } }) =>
    standing(await ledger.suspendCustomer({ customerId, reason }).catch(asUsageError)),
}

const resumeCustomer: Command = {
  group: 'customer',
  name: 'resume',
  summary: 'let a suspended customer ask again',
  options: [idOption],
  example: 'fallow customer resume --id cus_1',
  run: async (ledger, { one: { id: customerId = '' } }) =>
    standing(await ledger.resumeCustomer({ customerId }).catch(asUsageError)),
}

export const customerCommands: readonly Command[] = [
  createCustomer,
  listCustomers,
  changeCustomer,
  suspendCustomer,
  resumeCustomer,
]

function standing(customer: CustomerRecord): Answer {
  const { customerId, label, purposes, contact } = customer
  const about = `${customerId} (${label}), for ${purposes.join(', ')}, contact ${contact ?? 'none'}`
  return { json: customer, text: printable(`${about}: ${standingOf(customer)}.`) }
}

function standingOf({ suspendedAt, suspendedReason }: CustomerRecord): string {
  if (!suspendedAt) return 'may ask'
  return printable(`suspended ${formatMoment(suspendedAt)} UTC: ${suspendedReason ?? ''}`)
}

/** The ledger knows what a value may be; one that it refuses was typed wrongly. */
function asUsageError(error: unknown): never {
  if (error instanceof LedgerError && error.code === 'invalid-input')
    throw new UsageError(`--${error.message.replace(/^customerId/, 'id')}`)
  throw error
}
