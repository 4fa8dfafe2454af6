import browser, { type Runtime } from 'webextension-polyfill'
import type { BackgroundMessenger, PushChannel } from '../messages/messenger.ts'
import { extensionOrigin } from './pages.ts'

/** The background's end of what pages send. Only this extension's own pages are heard; registers nothing until its functions are called. */
export function createBackgroundMessenger(): BackgroundMessenger {
  const origin = extensionOrigin()
  return {
    onRequest(answer) {
      browser.runtime.onMessage.addListener((message: unknown, sender: Runtime.MessageSender) =>
        isOwnPage(sender, origin) ? answer(message) : undefined,
      )
    },
    onChannel(name, accept) {
      browser.runtime.onConnect.addListener((port) => {
        if (port.name === name && port.sender && isOwnPage(port.sender, origin)) accept(pushChannelOf(port))
      })
    },
  }
}

function isOwnPage(sender: Runtime.MessageSender, origin: string): boolean {
  return sender.id === browser.runtime.id && (sender.url?.startsWith(`${origin}/`) ?? false)
}

function pushChannelOf(port: Runtime.Port): PushChannel {
  return {
    post: (message) => port.postMessage(message),
    onClosed: (listener) => port.onDisconnect.addListener(listener),
  }
}
