import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { MIB } from './limits.ts'
import {
  attemptOf,
  exchangeOf,
  furnish,
  openTestLedger,
  postingOf,
  receiptOf,
  type TestLedger,
  wrongChecks,
} from './testing/ledger-fixture.ts'

const newCode = () => randomBytes(32).toString('base64url')
const hashOf = (code: string) =>
  createHash('sha256').update(Buffer.from(code, 'base64url')).digest('base64url')

/** A second install: another key, and so at first another account. */
async function reinstall({ ledger }: TestLedger, nodeId = 'node-two') {
  return ledger.registerNode({ nodeId, publicKey: `key of ${nodeId}`, kind: 'chromium' })
}

/** Two MiB carried by `nodeId` on `linkId`, for a customer. */
async function carry({ ledger }: TestLedger, customerId: string, link: { linkId: string; nodeId: string }) {
  const row = attemptOf(`ex-${link.linkId}`, customerId, 2n * MIB)
  const posting = postingOf(receiptOf(1, 2n * MIB), {
    ...link,
    attempts: [row],
    exchanges: [exchangeOf(row, { nodeId: link.nodeId })],
  })
  const [result] = await ledger.post([posting])
  return result
}

describe('a recovery code', () => {
  test('attaches another install to the same account, and both are listed', async () => {
    const test = await openTestLedger()
    const { ledger } = test
    const { accountId } = await furnish(test, 0n)
    await reinstall(test)
    const code = newCode()
    await ledger.keepRecoveryCode({ accountId, codeSha256: hashOf(code) })
    expect(await ledger.attachNode({ nodeId: 'node-two', code })).toEqual({ accountId })
    expect((await reinstall(test)).accountId).toBe(accountId)
    const devices = await ledger.listDevices(accountId)
    expect(devices.map(({ nodeId }) => nodeId).sort()).toEqual(['node-one', 'node-two'])
    expect(await wrongChecks(test)).toEqual([])
  })

  test('is kept as its hash alone, and a newer one takes its place', async () => {
    const test = await openTestLedger()
    const { ledger, query } = test
    const { accountId } = await furnish(test, 0n)
    await reinstall(test)
    const [older, newer] = [newCode(), newCode()]
    await ledger.keepRecoveryCode({ accountId, codeSha256: hashOf(older) })
    await ledger.keepRecoveryCode({ accountId, codeSha256: hashOf(newer) })
    expect(await ledger.attachNode({ nodeId: 'node-two', code: older })).toBeNull()
    const rows = await query('select encode(recovery_sha256, $1) as hash from accounts', ['hex'])
    expect(rows.map(({ hash }) => hash)).toContain(Buffer.from(hashOf(newer), 'base64url').toString('hex'))
    expect(JSON.stringify(await query('select * from accounts'))).not.toContain(newer)
    expect(await ledger.attachNode({ nodeId: 'node-two', code: newer })).toEqual({ accountId })
  })

  test('takes the points of the install that uses it along, those of late receipts too', async () => {
    const test = await openTestLedger()
    const { ledger } = test
    const { accountId, customerId } = await furnish(test, 100n * MIB)
    const own = await reinstall(test)
    await carry(test, customerId, { linkId: 'link-a', nodeId: 'node-one' })
    await carry(test, customerId, { linkId: 'link-b', nodeId: 'node-two' })
    const code = newCode()
    await ledger.keepRecoveryCode({ accountId, codeSha256: hashOf(code) })
    await ledger.attachNode({ nodeId: 'node-two', code })
    expect((await ledger.accountEarnings(accountId)).units).toBe(4_000_000n)
    expect((await ledger.accountEarnings(own.accountId)).units).toBe(0n)
    // The link that stood while the node was attached still belongs to its former account.
    const [late] = await ledger.post([
      postingOf(receiptOf(2, 3n * MIB), {
        linkId: 'link-b',
        nodeId: 'node-two',
        attempts: [attemptOf('ex-late', customerId, MIB)],
      }),
    ])
    expect(late).toMatchObject({ accountId: own.accountId, nodeCarriedBytes: 3n * MIB })
    expect((await reinstall(test)).accountId).toBe(accountId)
    expect((await ledger.accountEarnings(accountId)).units).toBe(5_000_000n)
    expect(await wrongChecks(test)).toEqual([])
  })

  test('an account that others had joined takes their points along when its last node leaves', async () => {
    const test = await openTestLedger()
    const { ledger } = test
    const { accountId, customerId } = await furnish(test, 100n * MIB)
    const [two, three] = [await reinstall(test), await reinstall(test, 'node-three')]
    await carry(test, customerId, { linkId: 'link-c', nodeId: 'node-three' })
    const [codeOfTwo, codeOfOne] = [newCode(), newCode()]
    await ledger.keepRecoveryCode({ accountId: two.accountId, codeSha256: hashOf(codeOfTwo) })
    await ledger.keepRecoveryCode({ accountId, codeSha256: hashOf(codeOfOne) })
    await ledger.attachNode({ nodeId: 'node-three', code: codeOfTwo })
    await ledger.attachNode({ nodeId: 'node-two', code: codeOfOne })
    expect((await ledger.accountEarnings(two.accountId)).units, 'node-three still earns there').toBe(
      2_000_000n,
    )
    await ledger.attachNode({ nodeId: 'node-three', code: codeOfOne })
    expect((await ledger.accountEarnings(accountId)).units).toBe(2_000_000n)
    expect((await ledger.accountEarnings(three.accountId)).units).toBe(0n)
    expect(await wrongChecks(test)).toEqual([])
  })

  test('an account that was left is an account of its own again for who comes back to it', async () => {
    const test = await openTestLedger()
    const { ledger } = test
    const { accountId, customerId } = await furnish(test, 100n * MIB)
    const left = await reinstall(test)
    const [codeOfOne, codeOfLeft] = [newCode(), newCode()]
    await ledger.keepRecoveryCode({ accountId, codeSha256: hashOf(codeOfOne) })
    await ledger.keepRecoveryCode({ accountId: left.accountId, codeSha256: hashOf(codeOfLeft) })
    await ledger.attachNode({ nodeId: 'node-two', code: codeOfOne })
    await ledger.attachNode({ nodeId: 'node-one', code: codeOfLeft })
    await carry(test, customerId, { linkId: 'link-a', nodeId: 'node-one' })
    await reinstall(test)
    expect((await ledger.accountEarnings(left.accountId)).units).toBe(2_000_000n)
    await ledger.attachNode({ nodeId: 'node-two', code: codeOfLeft })
    expect((await reinstall(test)).accountId).toBe(left.accountId)
    expect((await ledger.accountEarnings(left.accountId)).units).toBe(2_000_000n)
    expect(await wrongChecks(test)).toEqual([])
  })

  test('two installs that use one code at once are both attached, once', async () => {
    const test = await openTestLedger()
    const { ledger } = test
    const { accountId } = await furnish(test, 0n)
    await Promise.all([reinstall(test), reinstall(test, 'node-three')])
    const code = newCode()
    await ledger.keepRecoveryCode({ accountId, codeSha256: hashOf(code) })
    const both = ['node-two', 'node-three', 'node-two', 'node-three']
    const answers = await Promise.all(both.map((nodeId) => ledger.attachNode({ nodeId, code })))
    expect(answers).toEqual(both.map(() => ({ accountId })))
    expect(await ledger.listDevices(accountId)).toHaveLength(3)
    expect(await wrongChecks(test)).toEqual([])
  })

  test.each(['', 'short', 'A'.repeat(44), `${'A'.repeat(42)}B`, '\0'.repeat(43), 'é'.repeat(43)])(
    'a text that is no code is refused',
    async (code) => {
      const test = await openTestLedger()
      const { accountId } = await furnish(test, 0n)
      const wrong = { code: 'invalid-input' }
      await expect(test.ledger.attachNode({ nodeId: 'node-one', code })).rejects.toMatchObject(wrong)
      await expect(test.ledger.keepRecoveryCode({ accountId, codeSha256: code })).rejects.toMatchObject(wrong)
    },
  )

  test('a node or an account that is not there is said so', async () => {
    const { ledger } = await openTestLedger()
    const code = newCode()
    await expect(ledger.attachNode({ nodeId: 'nobody', code })).rejects.toMatchObject({
      code: 'unknown-node',
    })
    await expect(
      ledger.keepRecoveryCode({ accountId: 'acc_none', codeSha256: hashOf(code) }),
    ).rejects.toMatchObject({ code: 'unknown-account' })
  })
})

describe('a node that is forgotten', () => {
  test('leaves its points, its receipts and its key, and nothing else', async () => {
    const test = await openTestLedger()
    const { ledger, query } = test
    const { accountId, customerId } = await furnish(test, 100n * MIB)
    await carry(test, customerId, { linkId: 'link-a', nodeId: 'node-one' })
    const other = await reinstall(test)
    await carry(test, customerId, { linkId: 'link-b', nodeId: 'node-two' })
    await ledger.forgetNode('node-one')
    await ledger.forgetNode('node-one')
    expect(
      await query(`select kind, last_seen_at = 'epoch' as gone from nodes where node_id = 'node-one'`),
    ).toEqual([{ kind: 'forgotten', gone: true }])
    const exchanges = await query('select exchange_id, node_id from exchanges order by exchange_id')
    expect(exchanges).toEqual([
      { exchange_id: 'ex-link-a', node_id: 'forgotten' },
      { exchange_id: 'ex-link-b', node_id: 'node-two' },
    ])
    expect(await ledger.listDevices(accountId)).toEqual([])
    expect(await ledger.listDevices(other.accountId)).toHaveLength(1)
    expect((await ledger.accountEarnings(accountId)).units).toBe(2_000_000n)
    expect(await wrongChecks(test)).toEqual([])
  })

  test('its points are reached again with the recovery code', async () => {
    const test = await openTestLedger()
    const { ledger } = test
    const { accountId, customerId } = await furnish(test, 100n * MIB)
    await carry(test, customerId, { linkId: 'link-a', nodeId: 'node-one' })
    const code = newCode()
    await ledger.keepRecoveryCode({ accountId, codeSha256: hashOf(code) })
    await ledger.forgetNode('node-one')
    await reinstall(test)
    expect(await ledger.attachNode({ nodeId: 'node-two', code })).toEqual({ accountId })
    expect((await ledger.accountEarnings(accountId)).units).toBe(2_000_000n)
  })
})
