import {
  commandDone,
  commandFailed,
  commandGives,
  type OwnerCommands,
  parseRelayUrl,
} from '../messages/index.ts'
import { noLongerShared, paused, relayChanged } from './farewells.ts'
import type { NodeController } from './node-controller.ts'
import { pauseFor } from './owner-pause.ts'
import { createSettingsCommands } from './settings-commands.ts'
import { areAnswered } from './sharing-state.ts'

/** What the owner's pages may ask for. Each acts first and answers when it is remembered. */
export function createOwnerCommands(
  booted: Promise<NodeController>,
  hasHostAccess: () => Promise<boolean>,
): Omit<OwnerCommands, 'listDevices' | 'makeRecoveryCode' | 'useRecoveryCode' | 'withdraw'> {
  return {
    async agree({ version, sha256, language, answers }) {
      const node = await booted
      const { consentText } = node
      if (version !== consentText.version || !consentText.sha256s.includes(sha256))
        return commandFailed(
          'consent-outdated',
          'The text has changed. Reload this page, read it again, and decide then.',
        )
      if (!(await hasHostAccess()))
        return commandFailed(
          'host-access-missing',
          'The browser’s access was not given. Click “I agree” again and allow it.',
        )
      if (!areAnswered(answers))
        return commandFailed('questions-open', 'Answer the questions about your connection, and then agree.')
      await node.ensureIdentity()
      const agreedAt = new Date().toISOString()
      const given = { version, sha256, agreedAt, ...(language && { language }) }
      const remembered = node.owner.change({
        consent: { said: 'yes', given },
        settings: { ...node.owner.state.settings, ...answers },
        pause: null,
        linkStop: null,
      })
      node.setHostAccess(true)
      await remembered
      return commandDone
    },

    async decline() {
      const node = await booted
      const remembered = node.owner.change({ consent: { said: 'no' } })
      node.leave('node-leaving', noLongerShared)
      node.refresh()
      await remembered
      return commandDone
    },

    async pause(wanted) {
      const node = await booted
      const { around } = node
      const pause = pauseFor(wanted?.for, around.nowUnixMs(), around.timeZone())
      const remembered = node.owner.change({ pause })
      node.leave('owner-paused', paused)
      node.refresh()
      await remembered
      return commandDone
    },

    async resume() {
      const node = await booted
      if (node.owner.state.consent.said !== 'yes')
        return commandFailed('consent-missing', 'You have not agreed yet. Read the agreement first.')
      const remembered = node.owner.change({ pause: null, unsafe: null, linkStop: null })
      node.refresh()
      node.dialIfWaiting()
      await remembered
      return commandDone
    },

    async setRelayUrl(wanted) {
      const node = await booted
      if (node.managed.relayUrl !== null)
        return commandFailed(
          'managed-by-organisation',
          'Your organisation has fixed the relay of this browser. Ask whoever manages it.',
        )
      const parsed = parseRelayUrl(String(wanted?.url))
      if (!parsed.ok) return commandFailed('relay-url-invalid', parsed.detail)
      const remembered = node.owner.change({ relayUrl: parsed.url, linkStop: null })
      node.leave('node-leaving', relayChanged)
      node.refresh()
      await remembered
      return commandDone
    },

    ...createSettingsCommands(booted),
    readActivity: async (query) => commandGives(await (await booted).activity.read(query)),
    async clearActivity() {
      await (await booted).activity.clear()
      return commandDone
    },
  }
}
