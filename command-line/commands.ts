import { abuseCommands } from './abuse-commands.ts'
import type { Command } from './command.ts'
import { customerCommands } from './customer-commands.ts'
import { ledgerCommands } from './ledger-commands.ts'
import { nodeCommands } from './node-commands.ts'

/** Everything that `fallow` can do. */
export const commands: readonly Command[] = [
  ...customerCommands,
  ...nodeCommands,
  ...ledgerCommands,
  ...abuseCommands,
]
