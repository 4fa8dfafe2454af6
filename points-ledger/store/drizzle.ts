/**
 * What the ledger uses of Drizzle, loaded by `require`. As ES modules it takes most of a second more to load: for each of them Node 24
 * reads the package's own description anew, which is 180 KB long, and every `fallow` command would wait for that.
 */
import { createRequire } from 'node:module'

export type { SQL } from 'drizzle-orm'
export type { NodePgDatabase } from 'drizzle-orm/node-postgres'
export type { AnyPgColumn, PgUpdateSetSource } from 'drizzle-orm/pg-core'

const require = createRequire(import.meta.url)

export const { eq, sql } = require('drizzle-orm') as typeof import('drizzle-orm')
export const { drizzle } = require('drizzle-orm/node-postgres') as typeof import('drizzle-orm/node-postgres')
export const { migrate } =
  require('drizzle-orm/node-postgres/migrator') as typeof import('drizzle-orm/node-postgres/migrator')
export const {
  bigint,
  boolean,
  check,
  customType,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
  PgDialect,
} = require('drizzle-orm/pg-core') as typeof import('drizzle-orm/pg-core')
