export { type AuditKey, findAuditKey, openAuditKey } from './audit-key.ts'
export {
  type AuditAnswer,
  type AuditFinding,
  type AuditRecord,
  type AuditTrail,
  openAuditTrail,
} from './audit-trail.ts'
export type { CustomerBalance, CustomerDetails, NewCustomer } from './customers.ts'
export type { Hold, HoldExpiry } from './holds.ts'
export { type Ledger, openLedger } from './ledger.ts'
export { LedgerError, type LedgerErrorCode, ledgerErrorCodes } from './ledger-error.ts'
export {
  amountBytesMax,
  disputeBytesMin,
  findingsMax,
  holdBytesMax,
  holdBytesMin,
  holdGuardMs,
  holdLifeMs,
  holdRenewMs,
  postLinksMax,
  postRowsMax,
  unitsPerPoint,
} from './limits.ts'
export type {
  AttemptRow,
  CounterSigned,
  ExchangeRow,
  LinkPosting,
  LinkRecovery,
  LinkResult,
  Receipt,
  RecoveryResult,
} from './link-posting.ts'
export type { RegisteredNode } from './nodes.ts'
export type { DeviceListing } from './store/account-store.ts'
export type { CustomerChanges, CustomerListing, CustomerRecord } from './store/customer-store.ts'
export {
  type Database,
  DatabaseError,
  type DatabaseErrorCode,
  databaseErrorCodes,
  type OpenDatabaseOptions,
  openDatabase,
} from './store/database.ts'
export type { DisputeListing } from './store/link-store.ts'
export type { AccountEarnings, NodeListing, NodeRecord } from './store/node-store.ts'
export type { RelayKey } from './store/relay-key-store.ts'
export type { LedgerTotals } from './store/totals-store.ts'
export type { LedgerCheck } from './verify.ts'
