import { type KeptNodeKey, type NodeDatabase, strictly } from './database.ts'

export function readNodeKey(database: NodeDatabase): Promise<KeptNodeKey | undefined> {
  return database.get('keys', 'node')
}

/** Keeps the pair unless one is there already, and gives the one that counts: a key is made once in a node's life. */
export async function keepNodeKey(database: NodeDatabase, pair: CryptoKeyPair): Promise<KeptNodeKey> {
  const transaction = database.transaction('keys', 'readwrite', strictly)
  const present = await transaction.store.get('node')
  const kept = present ?? { name: 'node' as const, publicKey: pair.publicKey, privateKey: pair.privateKey }
  if (!present) await transaction.store.put(kept)
  await transaction.done
  return kept
}
