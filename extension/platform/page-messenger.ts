import type { PageMessenger } from '../messages/messenger.ts'
import { extensionApi } from './extension-api.ts'

/** Messages of a page to the background of the same extension. */
export function createPageMessenger(): PageMessenger {
  return {
    request: (message) => extensionApi.runtime.sendMessage(message),
    openChannel(name, on) {
      const port = extensionApi.runtime.connect({ name })
      port.onMessage.addListener((message) => on.message(message))
      port.onDisconnect.addListener(() => on.closed())
      return { close: () => port.disconnect() }
    },
  }
}
