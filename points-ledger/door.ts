/** What is checked where values enter the ledger; inside, they are trusted. */
import type { AuditRecord } from './audit-trail.ts'
import { LedgerError } from './ledger-error.ts'
import {
  amountBytesMax,
  auditHostsMax,
  auditRowsMax,
  contactCharsMax,
  countMax,
  hostCharsMax,
  idCharsMax,
  keyCharsMax,
  postLinksMax,
  postRowsMax,
  purposeCharsMax,
  purposesMax,
  receiptCharsMax,
  smallCountMax,
  wordCharsMax,
} from './limits.ts'
import type {
  AttemptRow,
  CounterSigned,
  ExchangeRow,
  LinkPosting,
  LinkRecovery,
  Receipt,
} from './link-posting.ts'

export function checkPostings(postings: readonly LinkPosting[]): void {
  const rows = postings.reduce((sum, posting) => sum + posting.attempts.length + posting.exchanges.length, 0)
  if (postings.length > postLinksMax || rows > postRowsMax) {
    throw new LedgerError(
      'too-many-rows',
      `${postings.length} links with ${rows} rows are more than one call carries (${postLinksMax} links, ${postRowsMax} rows): split it.`,
    )
  }
  for (const [index, posting] of postings.entries()) checkPosting(posting, `postings[${index}]`)
}

export function checkRecovery({ presentedTo, ...recovery }: LinkRecovery): void {
  checkText(presentedTo, 'presentedTo', idCharsMax)
  checkLink(recovery, 'recovery')
}

export function checkAuditRecords(records: readonly AuditRecord[]): void {
  if (records.length > auditRowsMax)
    throw new LedgerError(
      'too-many-rows',
      `${records.length} audit rows are more than one call carries (${auditRowsMax}): split it.`,
    )
  for (const [index, record] of records.entries()) checkAuditRecord(record, `records[${index}]`)
}

/** A text of 1 to `charsMax` characters; PostgreSQL stores no NUL. */
export function checkText(value: unknown, field: string, charsMax: number): void {
  const right =
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= charsMax &&
    !value.includes('\0') &&
    value.isWellFormed()
  if (!right) throw wrong(field, `a text of 1 to ${charsMax} characters without NUL`, value)
}

/** Control and format characters, line breaks, and what is drawn as nothing: two texts could look alike, or one like two. */
const unseen = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u

/** A word or a short phrase that strangers read: nothing invisible, nothing that turns the direction of the text. */
export function checkPhrase(value: unknown, field: string, charsMax: number): void {
  checkText(value, field, charsMax)
  const text = String(value)
  if (unseen.test(text) || text.trim() !== text)
    throw wrong(field, 'plain words, without spaces around them', value)
}

export function checkPurposes(purposes: unknown, field: string): void {
  const list = Array.isArray(purposes) ? purposes : []
  if (list.length < 1 || list.length > purposesMax)
    throw new LedgerError('invalid-input', `${field} must be given, at most ${purposesMax} times.`)
  for (const purpose of list) checkPhrase(purpose, field, purposeCharsMax)
  if (new Set(list).size < list.length)
    throw new LedgerError('invalid-input', `${field} must not say the same twice.`)
}

/** Shown to owners, so that they can ask: an e-mail address, or a web address without a password in it. */
export function checkContact(value: unknown, field: string): void {
  checkText(value, field, contactCharsMax)
  const text = String(value)
  if (!unseen.test(text) && !/\s/.test(text) && (isEmail(text) || isWebAddress(text))) return
  throw wrong(field, 'an e-mail address, or an http or https address without a password', value)
}

const isEmail = (text: string): boolean => /^[^@/:]+@[^@/:]+\.[^@/:.]+$/.test(text)

function isWebAddress(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
}

export function checkBytes(value: unknown, field: string): void {
  const right = typeof value === 'bigint' && value >= 0n && value <= amountBytesMax
  if (!right) throw wrong(field, `a bigint of bytes from 0 to ${amountBytesMax}`, value)
}

function checkAuditRecord(record: AuditRecord, field: string): void {
  checkText(record.exchangeId, `${field}.exchangeId`, idCharsMax)
  checkCount(record.attempt, `${field}.attempt`, smallCountMax)
  checkMoment(record.startedAt, `${field}.startedAt`)
  checkMoment(record.endedAt, `${field}.endedAt`)
  checkText(record.customerId, `${field}.customerId`, idCharsMax)
  checkText(record.nodeId, `${field}.nodeId`, idCharsMax)
  checkText(record.address, `${field}.address`, wordCharsMax)
  checkText(record.home, `${field}.home`, wordCharsMax)
  checkCount(record.hosts.length, `${field}.hosts.length`, auditHostsMax)
  for (const host of record.hosts) checkText(host, `${field}.hosts`, hostCharsMax)
  checkText(record.method, `${field}.method`, wordCharsMax)
  if (record.targetStatus !== null) checkCount(record.targetStatus, `${field}.targetStatus`, smallCountMax)
  checkText(record.outcome, `${field}.outcome`, wordCharsMax)
}

function checkPosting(posting: LinkPosting, field: string): void {
  checkLink(posting, field)
  checkFlag(posting.ended, `${field}.ended`)
  for (const [index, row] of posting.attempts.entries()) checkAttempt(row, `${field}.attempts[${index}]`)
  for (const [index, row] of posting.exchanges.entries()) checkExchange(row, `${field}.exchanges[${index}]`)
}

function checkLink(
  link: Pick<LinkPosting, 'linkId' | 'nodeId' | 'relayId' | 'receipt' | 'counterSigned'>,
  field: string,
): void {
  checkText(link.linkId, `${field}.linkId`, idCharsMax)
  checkText(link.nodeId, `${field}.nodeId`, idCharsMax)
  checkText(link.relayId, `${field}.relayId`, idCharsMax)
  checkReceipt(link.receipt, `${field}.receipt`)
  if (link.counterSigned) checkCounterSigned(link.counterSigned, `${field}.counterSigned`)
}

function checkReceipt(receipt: Receipt, field: string): void {
  checkCount(receipt.sequence, `${field}.sequence`, countMax)
  checkCount(receipt.exchanges, `${field}.exchanges`, countMax)
  checkCount(receipt.upFrames, `${field}.upFrames`, countMax)
  checkBytes(receipt.carriedUp, `${field}.carriedUp`)
  checkBytes(receipt.carriedDown, `${field}.carriedDown`)
  checkMoment(receipt.at, `${field}.at`)
  checkText(receipt.text, `${field}.text`, receiptCharsMax)
  checkText(receipt.relaySignature, `${field}.relaySignature`, keyCharsMax)
}

function checkCounterSigned(counterSigned: CounterSigned, field: string): void {
  checkBytes(counterSigned.carriedUp, `${field}.carriedUp`)
  checkBytes(counterSigned.carriedDown, `${field}.carriedDown`)
  checkText(counterSigned.signature, `${field}.signature`, keyCharsMax)
}

function checkAttempt(row: AttemptRow, field: string): void {
  checkText(row.exchangeId, `${field}.exchangeId`, idCharsMax)
  checkCount(row.attempt, `${field}.attempt`, smallCountMax)
  checkText(row.customerId, `${field}.customerId`, idCharsMax)
  if (row.holdId !== null) checkText(row.holdId, `${field}.holdId`, idCharsMax)
  checkBytes(row.carriedUp, `${field}.carriedUp`)
  checkBytes(row.carriedDown, `${field}.carriedDown`)
  checkFlag(row.charged, `${field}.charged`)
  checkText(row.outcome, `${field}.outcome`, wordCharsMax)
}

function checkExchange(row: ExchangeRow, field: string): void {
  checkText(row.exchangeId, `${field}.exchangeId`, idCharsMax)
  checkText(row.customerId, `${field}.customerId`, idCharsMax)
  checkText(row.nodeId, `${field}.nodeId`, idCharsMax)
  checkText(row.method, `${field}.method`, wordCharsMax)
  checkText(row.host, `${field}.host`, hostCharsMax)
  if (row.targetStatus !== null) checkCount(row.targetStatus, `${field}.targetStatus`, smallCountMax)
  checkText(row.outcome, `${field}.outcome`, wordCharsMax)
  if (row.purpose !== null) checkText(row.purpose, `${field}.purpose`, purposeCharsMax)
  checkCount(row.attempts, `${field}.attempts`, smallCountMax)
  checkBytes(row.carriedUp, `${field}.carriedUp`)
  checkBytes(row.carriedDown, `${field}.carriedDown`)
  checkBytes(row.chargedBytes, `${field}.chargedBytes`)
  checkMoment(row.startedAt, `${field}.startedAt`)
  checkCount(row.tookMs, `${field}.tookMs`, smallCountMax)
}

function checkCount(value: unknown, field: string, countMax: number): void {
  const right = Number.isInteger(value) && Number(value) >= 0 && Number(value) <= countMax
  if (!right) throw wrong(field, `a whole number from 0 to ${countMax}`, value)
}

function checkMoment(value: unknown, field: string): void {
  if (!(value instanceof Date && Number.isFinite(value.getTime()))) throw wrong(field, 'a valid Date', value)
}

function checkFlag(value: unknown, field: string): void {
  if (typeof value !== 'boolean') throw wrong(field, 'true or false', value)
}

function wrong(field: string, wanted: string, value: unknown): LedgerError {
  return new LedgerError('invalid-input', `${field} must be ${wanted}, not ${shown(value)}.`)
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > wordCharsMax ? `${text.slice(0, wordCharsMax)}…` : text
}
