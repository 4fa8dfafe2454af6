import { LedgerError, type LedgerErrorCode } from '../ledger-error.ts'

/** SQLSTATE of transactions that lost against another one: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const lostStates = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '55P03', // lock_not_available: lock_timeout passed
  '23505', // unique_violation: the same id was written meanwhile, and is found when the work runs again
])

const outOfRangeState = '22003'

/** Classes 08 connection, 53 resources, 57 operator intervention; 3D000 and 28xxx: no such database, refused. */
const unavailableStates = /^(08|53|57|3D000|28)/
const unavailableSystemCodes = /^(ECONN|EPIPE|ENOTFOUND|ETIMEDOUT|EHOSTUNREACH|EAI_)/
/** What `pg` throws without a code. */
const unavailableMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|Cannot use a pool after calling end|Client has encountered a connection error)/

export function mayBeTriedAgain(error: unknown): boolean {
  return lostStates.has(codeOf(error) ?? '')
}

/** The coded failure behind what the driver threw; what is not expected is returned as it came. */
export function ledgerErrorFor(error: unknown): unknown {
  if (error instanceof LedgerError) return error
  const code = codeOf(error)
  if (code === outOfRangeState) {
    return failure('amount-out-of-range', 'A balance would pass what a 64-bit number holds.', error)
  }
  if (isUnavailable(error, code)) {
    const reason = rootOf(error)
    const said = reason instanceof Error && reason.message ? reason.message : String(code)
    return failure(
      'database-unavailable',
      `The database does not answer (${said}); is PostgreSQL running?`,
      error,
    )
  }
  return error
}

function failure(code: LedgerErrorCode, message: string, cause: unknown): LedgerError {
  return new LedgerError(code, message, { cause })
}

function isUnavailable(error: unknown, code: string | undefined): boolean {
  if (code !== undefined) return unavailableStates.test(code) || unavailableSystemCodes.test(code)
  const root = rootOf(error)
  return root instanceof Error && unavailableMessages.test(root.message)
}

/** Drizzle wraps what the driver threw; the code lies on the innermost error that has one. */
function codeOf(error: unknown): string | undefined {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    const { code } = inner as Error & { code?: unknown }
    if (typeof code === 'string') return code
  }
  return undefined
}

function rootOf(error: unknown): unknown {
  let root = error
  while (root instanceof Error && root.cause !== undefined) root = root.cause
  return root
}
