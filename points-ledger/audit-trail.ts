import type { AuditKey } from './audit-key.ts'
import { checkAuditRecords } from './door.ts'
import { auditPoolConnectionsMax, findingsMax } from './limits.ts'
import { countOtherAuditKeys, noteAuditKey } from './store/audit-key-store.ts'
import { type AuditRow, deleteAuditRows, findAuditRows, insertAuditRows } from './store/audit-store.ts'
import { openConnection } from './store/connection.ts'

/**
 * One try of a request that reached a node. `home` is what rows are found by: the node's address in its one spelling, or the /64 of an
 * IPv6 address. `hosts` are all that the attempt asked, redirects included. No path, no query, no body.
 */
export type AuditRecord = {
  exchangeId: string
  attempt: number
  startedAt: Date
  endedAt: Date
  customerId: string
  nodeId: string
  address: string
  home: string
  hosts: string[]
  method: string
  targetStatus: number | null
  outcome: string
}

/** One try that was under way through an address in the time that was asked for. `sealed` is null where this key cannot read it. */
export type AuditFinding = Omit<AuditRecord, 'address' | 'home' | 'hosts'> & {
  sealed: { address: string; hosts: string[] } | null
  /** As it stands now; null for one that is not in this ledger. */
  customer: { label: string; purposes: string[]; contact: string | null; suspendedAt: Date | null } | null
  /** What the customer said that this request was for; null where the ledger has no row of it yet. */
  purpose: string | null
}

export type AuditAnswer = {
  findings: AuditFinding[]
  /** There are more than `findingsMax`. */
  isCut: boolean
  /** How many other keys have rows in this database: this answer says nothing about those rows. */
  otherKeys: number
}

/** Who asked through whose connection, for as long as complaints come. Every method rejects with LedgerError for what it expects. */
export type AuditTrail = {
  /** All of them or none; safe to repeat: a row that is there already stays as it is. */
  write(records: readonly AuditRecord[]): Promise<void>
  /** What was under way through this home at some moment from `from` until before `to`, oldest first. */
  lookUp(question: { home: string; from: Date; to: Date }): Promise<AuditAnswer>
  /** Drops at most so many rows, oldest first, that began more than so many days ago; says how many it dropped. */
  dropOld(limits: { days: number; rowsMax: number }): Promise<number>
  /** Says that rows are written under this key. A key that has not written for so many days is forgotten. */
  noteKey(limits: { days: number }): Promise<void>
  close(): Promise<void>
}

/** Opens the audit rows of a database whose ledger has been opened before, which brings its schema up to date. */
export function openAuditTrail({ url, key }: { url: string; key: AuditKey }): AuditTrail {
  const connection = openConnection(url, { connectionsMax: auditPoolConnectionsMax })
  return {
    async write(records) {
      checkAuditRecords(records)
      if (records.length === 0) return
      const rows = records.map((record) => toRow(record, key))
      await connection.transact((tx) => insertAuditRows(tx, rows))
    },
    async lookUp({ home, from, to }) {
      const question = { homeDigest: key.digestOf(home), from, to, rowsMax: findingsMax + 1 }
      const rows = await connection.read((database) => findAuditRows(database, question))
      const findings = rows.slice(0, findingsMax).map(({ sealed, homeDigest: _, ...row }) => ({
        ...row,
        sealed: key.unseal(sealed, row),
      }))
      const otherKeys = await connection.read((database) => countOtherAuditKeys(database, key.keyId))
      return { findings, isCut: rows.length > findingsMax, otherKeys }
    },
    dropOld: (limits) => connection.transact((tx) => deleteAuditRows(tx, limits)),
    noteKey: ({ days }) => connection.transact((tx) => noteAuditKey(tx, { keyId: key.keyId, days })),
    close: () => connection.close(),
  }
}

function toRow({ address, home, hosts, ...record }: AuditRecord, key: AuditKey): AuditRow {
  return { ...record, homeDigest: key.digestOf(home), sealed: key.seal({ address, hosts }, record) }
}
