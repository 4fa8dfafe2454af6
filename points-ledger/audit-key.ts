/**
 * The key of the audit rows. Everything that could say whose connection was used is either a digest under it, by which rows are
 * found, or sealed with it; so a copy of the database alone names nobody's address.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LedgerError } from './ledger-error.ts'

/** What a row hides: the node's address, and the hosts that the attempt asked, in order. */
export type SealedFields = { address: string; hosts: string[] }
/** What a row says openly and its sealed part is bound to: neither can be moved to another row. */
export type SealedFor = { exchangeId: string; attempt: number; customerId: string; startedAt: Date }

export type AuditKey = {
  /** Says which key it is, and nothing of the key. */
  readonly keyId: string
  digestOf(home: string): Buffer
  seal(fields: SealedFields, row: SealedFor): Buffer
  /** Null where the bytes were not sealed with this key for this row. */
  unseal(sealed: Buffer, row: SealedFor): SealedFields | null
}

const keyFileName = 'audit-key'
const ownerOnly = 0o600
const keyBytes = 32
const keyIdBytes = 8
const digestBytes = 16
const nonceBytes = 12
const tagBytes = 16
const cipher = 'aes-256-gcm'
/** 32 bytes in base64 or base64url, with or without padding. */
const keyShape = /^[A-Za-z0-9+/_-]{43}=?$/

/** Takes the given key, else reads the one in the data folder, or makes one there that only its owner can read. */
export function openAuditKey({ dataDir, text }: { dataDir: string; text?: string | undefined }): AuditKey {
  if (text !== undefined) return auditKeyOf(text)
  const file = join(dataDir, keyFileName)
  mkdirSync(dataDir, { recursive: true })
  try {
    writeFileSync(file, `${randomBytes(keyBytes).toString('base64')}\n`, { mode: ownerOnly, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return auditKeyOf(readFileSync(file, 'utf8').trim())
}

/** Like `openAuditKey`, but makes none: rows that were written under another key could not be found with it. */
export function findAuditKey({ dataDir, text }: { dataDir: string; text?: string | undefined }): AuditKey {
  if (text !== undefined) return auditKeyOf(text)
  const file = join(dataDir, keyFileName)
  try {
    return auditKeyOf(readFileSync(file, 'utf8').trim())
  } catch (error) {
    if (error instanceof LedgerError) throw error
    const where = 'point FALLOW_DATA_DIR to the data folder of the relay, or set FALLOW_AUDIT_KEY'
    throw new LedgerError('audit-key-missing', `There is no audit key at ${file}: ${where}.`)
  }
}

function auditKeyOf(text: string): AuditKey {
  if (!keyShape.test(text))
    throw new LedgerError(
      'invalid-input',
      'The audit key must be 32 bytes in base64, as openssl rand -base64 32 prints them.',
    )
  const derive = (use: string, bytes: number) =>
    Buffer.from(hkdfSync('sha256', Buffer.from(text, 'base64'), '', `fallow audit: ${use}`, bytes))
  const digestKey = derive('digest', keyBytes)
  const keyOfDay = keepNewest((day) => derive(`seal ${day}`, keyBytes))
  return {
    keyId: derive('id', keyIdBytes).toString('hex'),
    digestOf: (home) => createHmac('sha256', digestKey).update(home).digest().subarray(0, digestBytes),
    seal: (fields, row) => seal(fields, keyOfDay(dayOf(row)), boundTo(row)),
    unseal: (sealed, row) => unseal(sealed, keyOfDay(dayOf(row)), boundTo(row)),
  }
}

/** Each day has its own key, because nonces are random: NIST SP 800-38D, section 8.3 allows 2^32 of them with one key. */
const dayOf = ({ startedAt }: SealedFor): string => startedAt.toISOString().slice(0, 10)

const boundTo = ({ exchangeId, attempt, customerId }: SealedFor): Buffer =>
  Buffer.from(`${exchangeId}\n${attempt}\n${customerId}`)

/** nonce | tag | ciphertext */
function seal(fields: SealedFields, key: Buffer, bound: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes)
  const sealing = createCipheriv(cipher, key, nonce, { authTagLength: tagBytes }).setAAD(bound)
  const text = Buffer.concat([sealing.update(JSON.stringify(fields)), sealing.final()])
  return Buffer.concat([nonce, sealing.getAuthTag(), text])
}

function unseal(sealed: Buffer, key: Buffer, bound: Buffer): SealedFields | null {
  if (sealed.length <= nonceBytes + tagBytes) return null
  const nonce = sealed.subarray(0, nonceBytes)
  const opening = createDecipheriv(cipher, key, nonce, { authTagLength: tagBytes }).setAAD(bound)
  opening.setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes))
  try {
    const text = Buffer.concat([opening.update(sealed.subarray(nonceBytes + tagBytes)), opening.final()])
    return JSON.parse(text.toString('utf8')) as SealedFields
  } catch {
    return null
  }
}

/** Remembers the last answer: rows come in the order of time. */
function keepNewest(derive: (day: string) => Buffer): (day: string) => Buffer {
  let newest: { day: string; key: Buffer } | null = null
  return (day) => {
    if (newest?.day !== day) newest = { day, key: derive(day) }
    return newest.key
  }
}
