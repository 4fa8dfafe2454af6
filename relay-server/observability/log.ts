import { pino } from 'pino'

export type Log = {
  info(fields: object, sentence: string): void
  warn(fields: object, sentence: string): void
  error(fields: object, sentence: string): void
}

/** JSON lines on standard error; standard output carries the one `ready` line. Keys never reach it. */
export const createLog = (): Log =>
  pino(
    { name: 'relay', base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: ['apiKey', '*.apiKey'] },
    pino.destination(2),
  )
