import { exportPublicKey, fingerprint, sign } from '#protocol'
import { keepNodeKey, type NodeDatabase, readNodeKey } from '../storage/index.ts'

/** Who this node is: `n_` and its key's fingerprint, the public key (base64url), and its signature over a text. */
export type NodeIdentity = { nodeId: string; publicKey: string; sign(text: string): Promise<string> }

/** The identity that was made at the first consent, or null before it. */
export async function readNodeIdentity(database: NodeDatabase): Promise<NodeIdentity | null> {
  const kept = await readNodeKey(database)
  return kept ? identityOf(kept) : null
}

/** The identity, made now where there is none. The private half cannot leave the browser, not even through us. */
export async function ensureNodeIdentity(database: NodeDatabase): Promise<NodeIdentity> {
  const kept = await readNodeKey(database)
  return identityOf(kept ?? (await keepNodeKey(database, await generateKeyPair())))
}

async function generateKeyPair(): Promise<CryptoKeyPair> {
  return (await crypto.subtle.generateKey({ name: 'Ed25519' }, false, ['sign', 'verify'])) as CryptoKeyPair
}

async function identityOf(pair: { publicKey: CryptoKey; privateKey: CryptoKey }): Promise<NodeIdentity> {
  const publicKey = await exportPublicKey(pair.publicKey)
  return { nodeId: await fingerprint('n', publicKey), publicKey, sign: (text) => sign(pair.privateKey, text) }
}
