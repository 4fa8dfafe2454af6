import { describe, expect, test } from 'vitest'
import {
  decode,
  encode,
  fingerprint,
  frameTypes,
  importPublicKey,
  type ProtocolError,
  sign,
  verify,
} from './index.ts'
import {
  fingerprintVectors,
  frameVectors,
  type Message,
  refusalVectors,
  signatureVectors,
} from './vectors.ts'

const pkcs8PrefixHex = '302e020100300506032b657004220420'
const messageOf = (vector: Message): string | Uint8Array =>
  'text' in vector ? vector.text : Uint8Array.from(Buffer.from(vector.hex, 'hex'))

describe('vectors', () => {
  test.each(frameVectors)(
    '$name: the frame is this message, and the message this frame',
    ({ frame, ...message }) => {
      expect(encode(frame)).toEqual(messageOf(message))
      expect(decode(messageOf(message))).toEqual(frame)
    },
  )

  test.each(refusalVectors)('$name is refused as $code', ({ code, ...message }) => {
    let refusal: unknown
    try {
      decode(messageOf(message))
    } catch (error) {
      refusal = (error as ProtocolError).code
    }
    expect(refusal).toBe(code)
  })

  test.each(signatureVectors)(
    '$name: seed and text give this signature',
    async ({ seedHex, publicKey, text, signature }) => {
      const pkcs8 = Buffer.from(pkcs8PrefixHex + seedHex, 'hex')
      const privateKey = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign'])
      expect(await sign(privateKey, text)).toBe(signature)
      expect(await verify(await importPublicKey(publicKey), text, signature)).toBe(true)
    },
  )

  test.each(fingerprintVectors)('$id is the fingerprint of its key', async ({ kind, publicKey, id }) => {
    expect(await fingerprint(kind, publicKey)).toBe(id)
  })

  test('every frame has a vector', () => {
    expect(new Set(frameVectors.map(({ frame }) => frame.type))).toEqual(new Set(frameTypes))
  })
})
