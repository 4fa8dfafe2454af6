import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type AuditRecord, findAuditKey, type LinkPosting, openAuditTrail, openLedger } from '#points-ledger'
import { createTestDatabase } from '../points-ledger/store/testing/test-database.ts'
import { runOn } from '../points-ledger/store/testing/test-server.ts'

const createAs = (name: string) => [
  ...['customer', 'create', '--name', name, '--contact', 'ops@acme.example'],
  ...['--purpose', 'ai-retrieval', '--purpose', 'price watch'],
]
const create = createAs('acme')
const acme = {
  ...{ label: 'acme', purposes: ['ai-retrieval', 'price watch'], contact: 'ops@acme.example' },
  ...{ suspendedAt: null, suspendedReason: null },
}

const commandFile = join(import.meta.dirname, 'main.ts')

type Said = { exitCode: number; stdout: string; stderr: string }

/** Runs the real command as its own process. */
function fallow(words: readonly string[], environment: Record<string, string> = {}): Promise<Said> {
  const env = { PATH: process.env.PATH, NODE_NO_WARNINGS: '1', ...environment }
  return new Promise((resolve) => {
    execFile(process.execPath, [commandFile, ...words], { env }, (error, stdout, stderr) =>
      resolve({ exitCode: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
    )
  })
}

async function database(): Promise<{ DATABASE_URL: string }> {
  const { url, drop } = await createTestDatabase()
  onTestFinished(() => drop())
  return { DATABASE_URL: url }
}

/** A link on which the node counted 1 MiB less than the relay. */
const disputedPosting: LinkPosting = {
  linkId: 'link-one',
  nodeId: 'node-one',
  relayId: 'relay-one',
  receipt: {
    sequence: 1,
    exchanges: 1,
    upFrames: 64,
    carriedUp: 4n * 2n ** 20n,
    carriedDown: 1024n,
    at: new Date(),
    text: 'the signed text',
    relaySignature: 'r',
  },
  counterSigned: { carriedUp: 3n * 2n ** 20n, carriedDown: 1024n, signature: 'n' },
  attempts: [],
  exchanges: [],
  ended: false,
}

describe('fallow customer', () => {
  test('create prints the id and the key, and the key opens the customer', async () => {
    const environment = await database()
    const words = [...create, '--traffic', '10GiB']
    const { exitCode, stdout, stderr } = await fallow(words, environment)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    const { customerId, apiKey, ...rest } = JSON.parse(stdout)
    expect(rest).toEqual({})
    const ledger = await openLedger({ url: environment.DATABASE_URL })
    onTestFinished(() => ledger.close())
    expect(await ledger.findCustomerByApiKey(apiKey)).toEqual({ customerId, ...acme })
    expect((await ledger.customerBalance(customerId)).freeBytes).toBe(10n * 2n ** 30n)
  })

  test('list shows a table to people and JSON to programs', async () => {
    const environment = await database()
    expect((await fallow(['customer', 'list'], environment)).stdout).toMatch(/^There are no customers yet\./)
    await fallow([...create, '--traffic', '1536MiB'], environment)
    // As labels could be before they were looked at.
    await runOn(environment.DATABASE_URL, "update customers set label = E'ac\\u001b[31mme\\u202e'")
    const table = await fallow(['customer', 'list'], environment)
    expect(table.stdout).toMatch(/^CUSTOMER +NAME +PURPOSES +CONTACT +CREATED/)
    expect(table.stdout).toContain('ac?[31mme?')
    expect(table.stdout).toContain('1.5 GiB')
    const [customer] = JSON.parse((await fallow(['customer', 'list', '--json'], environment)).stdout)
    expect(customer).toMatchObject({
      ...acme,
      label: 'ac\u001b[31mme\u202e',
      freeBytes: 1536 * 2 ** 20,
      heldBytes: 0,
    })
  })
})

describe('fallow customer change, suspend and resume', () => {
  /** A customer, without a process for it. */
  async function madeCustomer() {
    const environment = await database()
    const ledger = await openLedger({ url: environment.DATABASE_URL })
    onTestFinished(() => ledger.close())
    const { customerId } = await ledger.createCustomer({ ...details, trafficBytes: 1n })
    return { environment, ledger, customerId }
  }
  const details = { label: 'acme', purposes: ['ai-retrieval', 'price watch'], contact: 'ops@acme.example' }

  test('what is changed is shown, and the rest stays', async () => {
    const { environment, customerId } = await madeCustomer()
    const words = [
      'customer',
      'change',
      '--id',
      customerId,
      '--name',
      'new',
      '--contact',
      'https://acme.example/',
    ]
    expect((await fallow(words, environment)).stdout).toBe(
      `${customerId} (new), for ai-retrieval, price watch, contact https://acme.example/: may ask.\n`,
    )
  })

  test('who is suspended is listed as such with the reason, until it is resumed', async () => {
    const { environment, ledger, customerId } = await madeCustomer()
    const suspending = ['customer', 'suspend', '--id', customerId, '--reason', 'complaint 17']
    expect((await fallow(suspending, environment)).stdout).toMatch(/: suspended \d.+ UTC: complaint 17\.$/m)
    expect((await fallow(['customer', 'list'], environment)).stdout).toMatch(
      /suspended \d.+ UTC: complaint 17$/m,
    )
    const resumed = await fallow(['customer', 'resume', '--id', customerId, '--json'], environment)
    expect(JSON.parse(resumed.stdout)).toMatchObject({ label: 'acme', suspendedAt: null })
    expect(await ledger.listCustomers()).toMatchObject([{ suspendedAt: null, suspendedReason: null }])
  })

  test('an unknown customer is one sentence and exit code 1', async () => {
    const unknown = await fallow(['customer', 'resume', '--id', 'cus_1'], await database())
    expect(unknown).toMatchObject({ exitCode: 1, stderr: 'There is no customer cus_1 in this ledger.\n' })
  })
})

describe('fallow abuse lookup', () => {
  const keyText = Buffer.alloc(32, 7).toString('base64')
  const lookUp = ['abuse', 'lookup', '--address', '2001:DB8:0:1::ffff', '--at', '2026-11-26T21:48:30+01:00']

  test('names who asked through an address in a minute, and says which time it looked at', async () => {
    const environment = { ...(await database()), FALLOW_AUDIT_KEY: keyText }
    const { customerId } = JSON.parse((await fallow([...create, '--traffic', '1GiB'], environment)).stdout)
    const trail = openAuditTrail({
      url: environment.DATABASE_URL,
      key: findAuditKey({ dataDir: '', text: keyText }),
    })
    await trail.write([{ ...attempt, customerId }])
    await trail.close()
    const { stdout } = await fallow(lookUp, environment)
    expect(stdout).toContain(
      'What was under way through 2001:db8:0:1::/64 from 2026-11-26 20:47 until before 2026-11-26 20:50 UTC:',
    )
    expect(stdout).toContain(`${customerId} (acme), for ai-retrieval, price watch, contact ops@acme.example`)
    expect(stdout).toMatch(
      /2026-11-26 20:49:59 +2026-11-26 20:50:03 +one.example ▸ two.example +GET +200 +completed/,
    )
    expect(stdout).toContain('2001:db8:0:1::7')
    const exact = JSON.parse((await fallow([...lookUp, '--margin', '0', '--json'], environment)).stdout)
    expect(exact).toMatchObject({
      customers: [],
      from: '2026-11-26T20:48:00.000Z',
      to: '2026-11-26T20:49:00.000Z',
    })
    expect((await fallow([...lookUp, '--margin', '0'], environment)).stdout).toMatch(/^Nobody asked through /)
  })

  test('without a key says where one is, and with a wrong one does not repeat it', async () => {
    const environment = await database()
    const missing = await fallow(lookUp, { ...environment, FALLOW_DATA_DIR: '/nowhere' })
    expect(missing).toMatchObject({ exitCode: 1, stdout: '' })
    expect(missing.stderr).toMatch(/^There is no audit key at \/nowhere\/audit-key: .+\.\n$/)
    const wrong = await fallow(lookUp, { ...environment, FALLOW_AUDIT_KEY: 'sesame' })
    expect(wrong).toMatchObject({ exitCode: 1, stdout: '' })
    expect(wrong.stderr).toMatch(/^The audit key must be 32 bytes in base64.+\.\n$/)
    expect(wrong.stderr).not.toContain('sesame')
  })
})

/** One that began a second before the margin of the look-ups above ends. */
const attempt: AuditRecord = {
  exchangeId: 'ex_one',
  attempt: 1,
  startedAt: new Date('2026-11-26T20:49:59Z'),
  endedAt: new Date('2026-11-26T20:50:03Z'),
  customerId: 'cus_one',
  nodeId: 'n_one',
  address: '2001:db8:0:1::7',
  home: '2001:db8:0:1::/64',
  hosts: ['one.example', 'two.example'],
  method: 'GET',
  targetStatus: 200,
  outcome: 'completed',
}

describe('fallow node and ledger', () => {
  test('node list shows who carried what', async () => {
    const environment = await database()
    expect((await fallow(['node', 'list'], environment)).stdout).toMatch(/^There are no nodes yet/)
    const ledger = await openLedger({ url: environment.DATABASE_URL })
    onTestFinished(() => ledger.close())
    const { accountId } = await ledger.registerNode({
      nodeId: 'node-one',
      publicKey: 'k',
      kind: 'residential',
    })
    expect((await fallow(['node', 'list'], environment)).stdout).toContain(accountId)
    expect(JSON.parse((await fallow(['node', 'list', '--json'], environment)).stdout)).toMatchObject([
      { nodeId: 'node-one', carriedBytes: 0, accountUnits: 0 },
    ])
  })

  test('ledger totals are exact to programs and readable to people', async () => {
    const environment = await database()
    await fallow([...create, '--traffic', '1024TiB'], environment)
    expect(JSON.parse((await fallow(['ledger', 'totals', '--json'], environment)).stdout)).toMatchObject({
      customers: 1,
      issuedBytes: 2 ** 50,
      carriedBytes: 0,
    })
    const { stdout } = await fallow(['ledger', 'totals'], environment)
    expect(stdout).toMatch(/traffic bought +1024 TiB +1,125,899,906,842,624 B/)
  })

  test('ledger disputes lists the links on which relay and node counted differently', async () => {
    const environment = await database()
    expect((await fallow(['ledger', 'disputes'], environment)).stdout).toMatch(/^There are no disputes/)
    const ledger = await openLedger({ url: environment.DATABASE_URL })
    onTestFinished(() => ledger.close())
    await ledger.registerNode({ nodeId: 'node-one', publicKey: 'k', kind: 'residential' })
    await ledger.post([disputedPosting])
    const { stdout } = await fallow(['ledger', 'disputes'], environment)
    expect(stdout).toMatch(/^LINK +NODE +OPENED/)
    expect(stdout).toMatch(/^link-one +node-one .* 4 MiB +3 MiB +1 KiB +1 KiB +1 MiB$/m)
    expect(JSON.parse((await fallow(['ledger', 'disputes', '--json'], environment)).stdout)).toMatchObject([
      { linkId: 'link-one', nodeId: 'node-one', counted: { up: 4 * 2 ** 20 }, node: { up: 3 * 2 ** 20 } },
    ])
    expect((await fallow(['ledger', 'disputes', '--help'])).stdout).toContain(
      'fallow ledger disputes [--json]',
    )
  })

  test('ledger verify ends with 0 on right books and with 1 on wrong ones, naming what is wrong', async () => {
    const environment = await database()
    await fallow([...create, '--traffic', '1GiB'], environment)
    const right = await fallow(['ledger', 'verify'], environment)
    expect(right).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('The books are right.') })
    await runOn(
      environment.DATABASE_URL,
      "update balances set amount = 5 where ledger_account like 'customer:%'",
    )
    const wrong = await fallow(['ledger', 'verify'], environment)
    expect(wrong.exitCode).toBe(1)
    expect(wrong.stdout).toMatch(
      /^balances +WRONG +customer:cus_\w+ holds 5, but its journal lines add up to 1073741824$/m,
    )
    const json = await fallow(['ledger', 'verify', '--json'], environment)
    expect(json.exitCode).toBe(1)
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, checks: expect.any(Array) })
  })
})

test.each([
  { words: [...create, '--traffic', '10GB'], says: '"10GB"' },
  { words: [...create, '--purpose', 'ai-retrieval', '--traffic', '1GiB'], says: '--purpose must not say' },
  { words: [...create.with(-1, 'p'.repeat(101)), '--traffic', '1GiB'], says: '--purpose must be' },
  { words: [...create.with(5, 'nobody'), '--traffic', '1GiB'], says: '--contact must be' },
  { words: ['customer', 'suspend', '--id', 'cus_1', '--reason', ''], says: '--reason must be' },
  { words: ['customer', 'resume', '--id', ''], says: '--id must be' },
  { words: [...createAs('n'.repeat(200)), '--traffic', '1GiB'], says: '--name must be' },
])('a wrong argument gets one sentence and exit code 2: $says', async ({ words, says }) => {
  const { exitCode, stdout, stderr } = await fallow(words, await database())
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  expect(stderr).toContain(says)
  expect(stderr.trimEnd()).toMatch(/^[^\n]+[.]$/)
})

test('a command explains itself without a database', async () => {
  const nowhere = { DATABASE_URL: 'postgres://127.0.0.1:1/none' }
  const { exitCode, stdout } = await fallow(['customer', 'create', '--help'], nowhere)
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringContaining('--traffic SIZE') })
})

test('a server that does not answer is one sentence and exit code 1', async () => {
  const { exitCode, stdout, stderr } = await fallow(['ledger', 'totals'], {
    DATABASE_URL: 'postgres://nobody:hush@127.0.0.1:1/none',
  })
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
  expect(stderr.trimEnd()).toMatch(/^[^\n]+\.$/)
  expect(stderr).not.toContain('hush')
})

test('without a relay and without a server the command keeps the ledger in the data folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fallow-command-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const environment = { FALLOW_DATA_DIR: folder }
  const words = [...create, '--traffic', '1GiB']
  const created = await fallow(words, environment)
  expect(created).toMatchObject({ exitCode: 0, stderr: '' })
  const listed = JSON.parse((await fallow(['customer', 'list', '--json'], environment)).stdout)
  expect(listed).toMatchObject([{ customerId: JSON.parse(created.stdout).customerId, freeBytes: 2 ** 30 }])
})
