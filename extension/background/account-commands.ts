import { toBase64Url } from '#protocol'
import {
  type CommandResult,
  commandDone,
  commandFailed,
  commandGives,
  type OwnerCommands,
} from '../messages/index.ts'
import type { AccountOutcome } from './account-errands.ts'
import { ExchangeFailure } from './exchange-failure.ts'
import type { NodeController } from './node-controller.ts'
import { readRecoveryCode, writeRecoveryCode } from './recovery-code.ts'

type AccountCommands = Pick<
  OwnerCommands,
  'listDevices' | 'makeRecoveryCode' | 'useRecoveryCode' | 'withdraw'
>

const withdrawn = new ExchangeFailure('owner-paused', 'the owner of this node withdrew')
const codeBytes = 32

/** What the owner asks of the account, and the way out. */
export function createAccountCommands(
  booted: Promise<NodeController>,
  removeHostAccess: () => Promise<unknown>,
): AccountCommands {
  return {
    async listDevices() {
      return resultOf(await (await booted).askAccount('list-devices')) ?? commandDone
    },

    async makeRecoveryCode() {
      const bytes = crypto.getRandomValues(new Uint8Array(codeBytes))
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
      const asked = await (await booted).askAccount('keep-recovery-code', toBase64Url(hash))
      return resultOf(asked) ?? commandGives({ code: await writeRecoveryCode(bytes) })
    },

    async useRecoveryCode(wanted) {
      const node = await booted
      const read = await readRecoveryCode(String(wanted?.code))
      if (!read.ok)
        return commandFailed(
          'recovery-code-invalid',
          'This is not a whole recovery code. Check it character by character, or paste it.',
        )
      return resultOf(await node.askAccount('attach', toBase64Url(read.bytes))) ?? commandDone
    },

    async withdraw({ evenUntold }) {
      const node = await booted
      const paused = node.owner.change({ pause: { untilUnixMs: null } })
      node.leave('owner-paused', withdrawn)
      node.refresh()
      await Promise.all([paused, node.linkGone])
      if (node.hasIdentity) {
        const refused = resultOf(await node.askAccount('forget'))
        if (refused && !evenUntold) return refused
      }
      await removeHostAccess()
      await node.forgetEverything()
      return commandDone
    },
  }
}

/** Null where the relay said yes. */
function resultOf(outcome: AccountOutcome): Extract<CommandResult, { ok: false }> | null {
  if (!outcome.reached)
    return commandFailed(
      'relay-not-reached',
      'The relay did not answer. Check your connection, and try again in a moment.',
    )
  switch (outcome.refusal) {
    case null:
      return null
    case 'recovery-code-unknown':
      return commandFailed(
        'recovery-code-unknown',
        'This relay knows no account with this code. A newer code may have replaced it, or it belongs to another relay.',
      )
    case 'too-many-tries':
      return commandFailed('too-many-tries', 'Too many codes were tried. Wait some minutes, then try again.')
    case 'relay-failed':
      return commandFailed(
        'relay-not-reached',
        'The relay could not do that just now. Try again in a moment.',
      )
  }
}
