import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fingerprint } from '#protocol'

/** The relay's signing key. `sign` gives base64url and is synchronous: a receipt must leave before the next byte. */
export type RelayKey = { relayId: string; publicKey: string; sign(text: string): string }

const keyFileName = 'relay-key.pem'
const ownerOnly = 0o600

/** Reads the Ed25519 key from the data folder, or makes one there that only its owner can read. */
export async function openRelayKey(dataDir: string): Promise<RelayKey> {
  const privateKey = readOrCreate(join(dataDir, keyFileName), dataDir)
  const publicKey = rawPublicKey(privateKey)
  return {
    relayId: await fingerprint('r', publicKey),
    publicKey,
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64url'),
  }
}

function readOrCreate(file: string, dataDir: string): KeyObject {
  if (existsSync(file)) return createPrivateKey(readFileSync(file))
  mkdirSync(dataDir, { recursive: true })
  const { privateKey } = generateKeyPairSync('ed25519')
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: ownerOnly, flag: 'wx' })
  return privateKey
}

function rawPublicKey(privateKey: KeyObject): string {
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' })
  if (!x) throw new Error('the relay key is not an Ed25519 key')
  return x
}
