/** Every size, count and time of the ledger, with its unit last. */

export const KIB = 1024n
export const MIB = 1024n * KIB

/** 1 point is this many units; amounts of the asset `points` are in units. */
export const unitsPerPoint = 1_000_000n

/** A hold is at most this much of a customer's traffic, */
export const holdBytesMax = 64n * MIB
/** and at least this much, or all that is left, */
export const holdBytesMin = MIB
/** and otherwise one part in this many of the free balance. */
export const holdPartOfFreeBalance = 4n
/** A hold that nobody renews is given back after this time, by the database's clock. */
export const holdLifeMs = 60_000
/** How often a relay should renew its holds. */
export const holdRenewMs = 20_000
/** A relay that could not renew stops granting this long before its holds expire. */
export const holdGuardMs = 10_000

/** Counts of relay and node that differ by more than this on one link open a dispute. */
export const disputeBytesMin = 256n * KIB

/** A relay that was seen within this time is alive: its own rows are waited for before a receipt is recovered. */
export const relayAliveMs = 60_000

/** The most bytes that one number handed to the ledger may state: a pebibyte, far beyond any link or prepayment. */
export const amountBytesMax = 2n ** 50n
/** The largest plain count (frames, exchanges, sequence): what a JavaScript number still holds exactly. */
export const countMax = Number.MAX_SAFE_INTEGER
/** The largest number that fits the database's `integer` columns (attempt numbers, milliseconds). */
export const smallCountMax = 2 ** 31 - 1

/** Devices of one account that are listed: those seen last. */
export const devicesListedMax = 64

export const idCharsMax = 128
export const labelCharsMax = 128
export const hostCharsMax = 255
export const wordCharsMax = 64
export const purposeCharsMax = 100
export const purposesMax = 32
export const contactCharsMax = 200
export const reasonCharsMax = 500
export const keyCharsMax = 1024
export const urlCharsMax = 2048
export const receiptCharsMax = 8192

/** A change of a customer may become visible so much later than the time that it carries: its transaction has to end first. */
export const customerChangeLagMsMax = 30_000

/** Links and rows in one call of `post`: more belong into the next call. */
export const postLinksMax = 10_000
export const postRowsMax = 50_000

/** How often a transaction that lost against another one is run again before `contention` is answered, */
export const transactionTriesMax = 10
/** waiting a random part of this, doubled each time up to the most. */
export const retryDelayMsMin = 4
export const retryDelayMsMax = 250

export const poolConnectionsMax = 8
/** The audit rows have connections of their own, so that they never wait for the books nor the books for them. */
export const auditPoolConnectionsMax = 2
/** Rows in one `write` of the audit trail. */
export const auditRowsMax = 5_000
/** Hosts that one attempt can have asked: each redirect may lead to another. */
export const auditHostsMax = 64
/** A look-up finds what ran for at most so long by its beginning, and the little that ran for longer by its end. */
export const longAttemptMs = 300_000
/** A look-up shows at most so many attempts. */
export const findingsMax = 10_000
export const connectDeadlineMs = 5_000
export const lockDeadlineMs = 10_000
export const statementDeadlineMs = 30_000
export const idleInTransactionDeadlineMs = 30_000
