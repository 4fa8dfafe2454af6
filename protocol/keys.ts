/**
 * Ed25519 keys as both ends use them, through the web platform's own crypto (RFC 8032; Web Cryptography Level 2).
 * Public keys and signatures travel as base64url without padding (RFC 4648, section 5).
 */
const algorithm = 'Ed25519'
const idHexCharacters = 32
const utf8 = new TextEncoder()

/** A `CryptoKey` of this algorithm, under one name in browsers and in Node. */
export type Ed25519Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>

export const toBase64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')

/** Throws where the text is not the one base64url text of its bytes: a key with two texts would be two nodes. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
  if (toBase64Url(bytes) !== text) throw new TypeError('the text is not base64url without padding')
  return bytes
}

/** 32 random bytes: a nonce, or a secret. */
export const randomToken = (): string => toBase64Url(crypto.getRandomValues(new Uint8Array(32)))

export async function exportPublicKey(key: Ed25519Key): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.exportKey('raw', key)))
}

/** Rejects where the text is no Ed25519 public key. */
export async function importPublicKey(publicKey: string): Promise<Ed25519Key> {
  return crypto.subtle.importKey('raw', fromBase64Url(publicKey), algorithm, true, ['verify'])
}

export async function sign(privateKey: Ed25519Key, text: string): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.sign(algorithm, privateKey, utf8.encode(text))))
}

/** False for a wrong signature and for anything that is not one. */
export async function verify(publicKey: Ed25519Key, text: string, signature: string): Promise<boolean> {
  try {
    return await crypto.subtle.verify(algorithm, publicKey, fromBase64Url(signature), utf8.encode(text))
  } catch {
    return false
  }
}

/** A relay's or node's id: `r_` or `n_` and the first 16 bytes of its public key's SHA-256, in hex. */
export async function fingerprint(kind: 'r' | 'n', publicKey: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', fromBase64Url(publicKey)))
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${kind}_${hex.slice(0, idHexCharacters)}`
}
