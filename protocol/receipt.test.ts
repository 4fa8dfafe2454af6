import type { webcrypto } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  counterSignatureText,
  exportPublicKey,
  fingerprint,
  fromBase64Url,
  helloText,
  importPublicKey,
  type Receipt,
  randomToken,
  receiptText,
  sign,
  toBase64Url,
  verify,
} from './index.ts'
import { arbitraryCounterSignature, arbitraryReceipt } from './testing/arbitrary-frames.ts'

const newKeys = async () =>
  (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as webcrypto.CryptoKeyPair

test('two receipts that differ in anything that is signed have different texts', () => {
  fc.assert(
    fc.property(arbitraryReceipt, arbitraryReceipt, (one, other) => {
      const { signature: _one, ...facts } = one
      const { signature: _other, ...otherFacts } = other
      expect(receiptText(facts) === receiptText(otherFacts)).toBe(
        JSON.stringify(facts) === JSON.stringify(otherFacts),
      )
    }),
  )
})

test('changing any one field of a receipt changes its text, save the signature', () => {
  fc.assert(
    fc.property(arbitraryReceipt, arbitraryReceipt, (receipt, other) => {
      for (const field of Object.keys(receipt) as (keyof Receipt)[]) {
        const changed = { ...receipt, [field]: other[field] }
        const isSame = field === 'signature' || changed[field] === receipt[field]
        expect(receiptText(changed) === receiptText(receipt), field).toBe(isSame)
      }
    }),
  )
})

test('a counter-signature is bound to the receipt, its signature and both counters', () => {
  fc.assert(
    fc.property(arbitraryReceipt, arbitraryCounterSignature, (receipt, counts) => {
      const text = counterSignatureText(receipt, counts)
      const others = [
        counterSignatureText({ ...receipt, linkId: `${receipt.linkId}x` }, counts),
        counterSignatureText({ ...receipt, sequence: receipt.sequence + 1 }, counts),
        counterSignatureText({ ...receipt, signature: `${receipt.signature}x` }, counts),
        counterSignatureText(receipt, { ...counts, carriedUp: counts.carriedUp + 1 }),
        counterSignatureText(receipt, { ...counts, carriedDown: counts.carriedDown + 1 }),
        receiptText(receipt),
      ]
      expect(others).not.toContain(text)
    }),
  )
})

test('a signature is good for its text and its key alone', async () => {
  const [relay, other] = await Promise.all([newKeys(), newKeys()])
  const text = helloText({
    relayId: 'r_1',
    relayUrl: 'wss://relay.example/node',
    nonce: randomToken(),
    nodeKey: 'k',
  })
  const signature = await sign(relay.privateKey, text)
  expect(await verify(relay.publicKey, text, signature)).toBe(true)
  expect(await verify(relay.publicKey, `${text} `, signature)).toBe(false)
  expect(await verify(other.publicKey, text, signature)).toBe(false)
  expect(await verify(relay.publicKey, text, `${signature}A`)).toBe(false)
  expect(await verify(relay.publicKey, text, 'not base64url!')).toBe(false)
  expect(await verify(relay.publicKey, text, '')).toBe(false)
})

test('a public key survives the journey, and its fingerprint names the kind', async () => {
  const { publicKey, privateKey } = await newKeys()
  const text = await exportPublicKey(publicKey)
  expect(await verify(await importPublicKey(text), 'hello', await sign(privateKey, 'hello'))).toBe(true)
  expect(await fingerprint('n', text)).toMatch(/^n_[0-9a-f]{32}$/)
  expect((await fingerprint('r', text)).slice(2)).toBe((await fingerprint('n', text)).slice(2))
})

test.each(['', 'AAAA', '!', `${'A'.repeat(43)}=`, 'A'.repeat(44)])(
  '"%s" is no public key, which a rejection says',
  async (text) => {
    await expect(importPublicKey(text).catch(() => 'rejected')).resolves.toBe('rejected')
  },
)

test('bytes have one base64url text, and no other text is read', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const text = toBase64Url(bytes)
      expect(text).toBe(Buffer.from(bytes).toString('base64url'))
      expect(fromBase64Url(text)).toEqual(bytes)
    }),
  )
  for (const text of ['QQ==', 'QR', 'Q', 'Q Q', 'a+b/', 'ä']) expect(() => fromBase64Url(text)).toThrow()
})
