import { defineConfig } from 'drizzle-kit'

/** `npx drizzle-kit generate --name <what-changes>` writes the next migration from the schema. */
export default defineConfig({
  dialect: 'postgresql',
  schema: './points-ledger/store/schema.ts',
  out: './points-ledger/store/migrations',
  casing: 'snake_case',
})
