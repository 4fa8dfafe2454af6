/**
 * A recovery code as its owner sees it: 32 random bytes in Crockford's Base32, two characters that tell a slip of the pen, in groups of
 * six. Letters that look alike are read alike.
 */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const bitsPerCharacter = 5
const codeBytes = 32
const codeCharacters = 52
const checkCharacters = 2
const groupCharacters = 6

export type ReadCode = { ok: true; bytes: Uint8Array<ArrayBuffer> } | { ok: false }

export async function writeRecoveryCode(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const text = toBase32(bytes) + (await checkOf(bytes))
  return (text.match(new RegExp(`.{${groupCharacters}}`, 'g')) ?? []).join('-')
}

/** Spaces, hyphens and lower case do not matter; a wrong or missing character does. */
export async function readRecoveryCode(typed: string): Promise<ReadCode> {
  const text = typed.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1')
  const isWhole = text.length === codeCharacters + checkCharacters
  if (!isWhole || [...text].some((character) => !alphabet.includes(character))) return { ok: false }
  const bytes = fromBase32(text.slice(0, codeCharacters))
  // The last character of 52 holds more bits than 32 bytes have: a code has one text.
  const isTheCode = bytes !== null && (await writeRecoveryCode(bytes)).replaceAll('-', '') === text
  return isTheCode ? { ok: true, bytes } : { ok: false }
}

async function checkOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return toBase32(digest).slice(0, checkCharacters)
}

function toBase32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const groups = bits.match(/.{1,5}/g) ?? []
  return groups.map((group) => alphabet[Number.parseInt(group.padEnd(bitsPerCharacter, '0'), 2)]).join('')
}

function fromBase32(text: string): Uint8Array<ArrayBuffer> | null {
  const bits = [...text].map((character) => alphabet.indexOf(character).toString(2).padStart(5, '0')).join('')
  const bytes = (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2))
  return bytes.length === codeBytes ? Uint8Array.from(bytes) : null
}
