import 'fake-indexeddb/auto'
import { beforeEach, describe, expect, it } from 'vitest'
import { sign, verify } from '#protocol'
import { ensureNodeIdentity, readNodeIdentity } from '../background/node-key.ts'
import { readCarried, saveCarried } from './carried-store.ts'
import { type KeptReceipt, type NodeDatabase, openNodeDatabase } from './database.ts'
import { readNodeKey } from './key-store.ts'
import { OwnerStore } from './owner-store.ts'
import { forgetPosted, keepReceipt, readKeptReceipts, receiptKeptMs } from './receipt-store.ts'

let database: NodeDatabase
let databases = 0

beforeEach(async () => {
  databases += 1
  database = await openNodeDatabase(`test-${databases}`)
})

const kept = (linkId: string, sequence: number, keptAtUnixMs = 1_000): KeptReceipt => ({
  linkId,
  receipt: {
    relayId: 'r_1',
    nodeId: 'n_1',
    linkId,
    sequence,
    exchanges: 1,
    upFrames: 1,
    carriedUp: 1,
    carriedDown: 1,
    atUnixMs: keptAtUnixMs,
    signature: 's',
  },
  counterSignature: { carriedUp: 1, carriedDown: 1, signature: 's' },
  keptAtUnixMs,
})

describe('what outlives the worker', () => {
  it('a link has one receipt, its newest, and what was carried stands with it', async () => {
    await keepReceipt(database, kept('a', 1), [
      { day: '2026-11-23', bytes: 5 },
      { day: 'total', bytes: 5 },
    ])
    await keepReceipt(database, kept('a', 2), [
      { day: '2026-11-23', bytes: 7 },
      { day: 'total', bytes: 7 },
    ])
    expect((await readKeptReceipts(database, 1_000)).map(({ receipt }) => receipt.sequence)).toEqual([2])
    expect(await readCarried(database, '2026-11-23')).toBe(12)
    expect(await readCarried(database, 'total')).toBe(12)
  })

  it('a receipt that cannot be stored leaves no carried bytes behind either', async () => {
    const unstorable = { ...kept('a', 1), receipt: () => {} } as unknown as KeptReceipt
    await expect(keepReceipt(database, unstorable, [{ day: 'total', bytes: 5 }])).rejects.toThrow()
    expect(await readCarried(database, 'total')).toBe(0)
    expect(await readKeptReceipts(database, 1_000)).toEqual([])
  })

  it('posted forgets a receipt up to its sequence and keeps a newer one', async () => {
    await keepReceipt(database, kept('a', 3), [])
    await forgetPosted(database, 'a', 2)
    expect(await readKeptReceipts(database, 1_000)).toHaveLength(1)
    await forgetPosted(database, 'a', 3)
    await forgetPosted(database, 'never-seen', 3)
    expect(await readKeptReceipts(database, 1_000)).toEqual([])
  })

  it('receipts come newest first, and those over 90 days old are dropped', async () => {
    await keepReceipt(database, kept('old', 1, 1_000), [])
    await keepReceipt(database, kept('new', 1, 3_000), [])
    await keepReceipt(database, kept('middle', 1, 2_000), [])
    const links = (receipts: KeptReceipt[]) => receipts.map(({ linkId }) => linkId)
    expect(links(await readKeptReceipts(database, 1_000 + receiptKeptMs))).toEqual(['new', 'middle', 'old'])
    expect(links(await readKeptReceipts(database, 1_001 + receiptKeptMs))).toEqual(['new', 'middle'])
    expect(links(await readKeptReceipts(database, 0))).toEqual(['new', 'middle'])
  })

  it('carried bytes add up over days', async () => {
    await saveCarried(database, [{ day: '2026-11-23', bytes: 1 }])
    await saveCarried(database, [{ day: '2026-11-24', bytes: 2 }])
    await saveCarried(database, [])
    expect(await readCarried(database, '2026-11-23')).toBe(1)
    expect(await readCarried(database, '2026-11-25')).toBe(0)
  })

  it('the node’s key is made once, cannot be taken out, and signs the same after a restart', async () => {
    expect(await readNodeIdentity(database)).toBeNull()
    const [first, second] = await Promise.all([ensureNodeIdentity(database), ensureNodeIdentity(database)])
    expect(second?.nodeId).toBe(first?.nodeId)
    expect(first?.nodeId).toMatch(/^n_[0-9a-f]{32}$/)
    const key = await readNodeKey(database)
    if (!key) throw new Error('no key was kept')
    expect(key.privateKey.extractable).toBe(false)
    expect(await verify(key.publicKey, 'text', await sign(key.privateKey, 'text'))).toBe(true)
    expect((await readNodeIdentity(database))?.publicKey).toBe(first?.publicKey)
  })
})

/** `storage.local`, as far as one key goes. */
function localStore(values: Record<string, unknown> = {}) {
  return {
    values,
    read: async (key: string) => values[key],
    write: async (key: string, value: unknown) => {
      values[key] = structuredClone(value)
    },
    remove: async (key: string) => {
      delete values[key]
    },
  }
}

describe('what the owner decided', () => {
  it('survives a restart', async () => {
    const local = localStore()
    const given = { version: '1', sha256: 'abc', agreedAt: '2026-11-23T00:00:00Z' }
    const store = await OwnerStore.open(local)
    await store.change({ consent: { said: 'yes', given }, pause: { untilUnixMs: null } })
    await store.change({ unsafe: { host: 'a.example', address: '10.0.0.1', atUnixMs: 1 } })
    const state = (await OwnerStore.open(local)).state
    expect(state).toMatchObject({
      consent: { said: 'yes', given },
      pause: { untilUnixMs: null },
      unsafe: { address: '10.0.0.1' },
    })
  })

  it('the last change wins on disk too, in whatever order the writes take', async () => {
    const local = localStore()
    const store = await OwnerStore.open(local)
    const first = store.change({ pause: { untilUnixMs: null } })
    const second = store.change({ pause: null })
    expect(store.state.pause).toBeNull()
    await Promise.all([first, second])
    expect((await OwnerStore.open(local)).state.pause).toBeNull()
  })

  it.each([
    undefined,
    null,
    7,
    'text',
    [],
    { consent: { said: 'yes' } },
    { consent: { said: 'yes', given: { version: 1 } }, linkStop: { code: 'no-such' } },
  ])('what another version wrote (%j) is read as no consent at all', async (written) => {
    const { state } = await OwnerStore.open(localStore({ 'owner-state': written }))
    expect(state.consent).toEqual({ said: 'nothing' })
    expect(state.linkStop).toBeNull()
  })
})
