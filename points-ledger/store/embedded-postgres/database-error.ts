/** Why a database could not be opened. One closed list; the sentence of the error tells the reader what to do. */
export const databaseErrorCodes = [
  /** Another relay runs on this data folder. */
  'data-folder-in-use',
  /** The folder cannot be written, or what lies in it is not a database of ours. */
  'data-folder-unusable',
  /** The folder was made by another major version of PostgreSQL. */
  'data-folder-version',
  /** This platform has no PostgreSQL package, or it was not installed, or it cannot run here. */
  'binaries-missing',
  /** Run as root, and no way was found to run PostgreSQL as anybody else. */
  'no-unprivileged-user',
  /** PostgreSQL was started and ended, or never became ready. */
  'start-failed',
  /** PostgreSQL did not stop when told to. */
  'stop-failed',
  /** The server, ours or the one named by DATABASE_URL, did not answer or refused us. */
  'unreachable',
] as const

export type DatabaseErrorCode = (typeof databaseErrorCodes)[number]

export class DatabaseError extends Error {
  readonly code: DatabaseErrorCode

  /** `sentence` is shown to the person who started the program, as it is. */
  constructor(code: DatabaseErrorCode, sentence: string, options?: ErrorOptions) {
    super(sentence, options)
    this.name = 'DatabaseError'
    this.code = code
  }
}
