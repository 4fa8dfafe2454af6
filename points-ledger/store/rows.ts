import type { Transaction } from './connection.ts'
import { type SQL, sql } from './drizzle.ts'

/** How a column of a bulk write is named, typed for PostgreSQL, and read from a row. */
export type Column<Row> = { name: string; type: string; of: (row: Row) => unknown }

/** `unnest($1::type[], …) as given(name, …)`: any number of rows in one statement with one parameter a column. */
export function given<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): SQL {
  const arrays = columns.map(({ type, of }) => sql`${sql.param(rows.map(of))}::${sql.raw(type)}[]`)
  return sql`unnest(${sql.join(arrays, sql`, `)}) as given(${names(columns)})`
}

/** `name, name, …` */
export function names(columns: readonly { name: string }[]): SQL {
  return sql.raw(columns.map(({ name }) => name).join(', '))
}

/** Rows of a statement. The driver gives 64-bit numbers as text, so say what each column is when mapping. */
export async function rowsOf(tx: Transaction, query: SQL): Promise<Record<string, unknown>[]> {
  const { rows } = await tx.execute(query)
  return rows
}

/** Strings and numbers that PostgreSQL gave for a `bigint` or whole `numeric`. */
export const toBigInt = (value: unknown) => BigInt(value as string | number | bigint)
