import { type CommandFailure, type CommandName, commandFailed, type OwnerCommands } from './commands.ts'
import { failures } from './en/failures.ts'
import type { PageMessenger } from './messenger.ts'
import type { OwnerView } from './owner-view.ts'
import { ownerViewChannel, ownerViewQuery } from './wire-names.ts'

/** How long a page waits before it opens a channel again that the browser closed with the worker. */
const reopenDelayMs = 250

/** A function type of its own, so that a test can put another one in its place. */
export type SendCommand = <Name extends CommandName>(
  name: Name,
  ...payload: Parameters<OwnerCommands[Name]>
) => ReturnType<OwnerCommands[Name]>

export type PageSide = {
  /** Asks the background to act. Never rejects: a silent background is `background-unreachable`. */
  sendCommand: SendCommand
  /** The newest snapshot, once. Rejects when no background answers. */
  getOwnerView(): Promise<OwnerView>
  /** Every snapshot from now on, the present one first. Reopens by itself. Returns how to stop. */
  subscribeToOwnerView(listener: (view: OwnerView) => void): () => void
}

export function createPageSide(messenger: PageMessenger): PageSide {
  return {
    sendCommand: <Name extends CommandName>(name: Name, ...[payload]: Parameters<OwnerCommands[Name]>) =>
      request(messenger, name, payload) as ReturnType<OwnerCommands[Name]>,
    getOwnerView: () => messenger.request({ query: ownerViewQuery }) as Promise<OwnerView>,
    subscribeToOwnerView: (listener) => keepSubscribed(messenger, listener),
  }
}

async function request(messenger: PageMessenger, command: CommandName, payload: unknown): Promise<unknown> {
  try {
    return (await messenger.request({ command, payload })) ?? unreachable()
  } catch {
    return unreachable()
  }
}

function unreachable(): CommandFailure {
  return commandFailed('background-unreachable', failures['background-unreachable'])
}

function keepSubscribed(messenger: PageMessenger, listener: (view: OwnerView) => void): () => void {
  let stopped = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let channel: { close(): void } | undefined

  function open(): void {
    if (stopped) return
    channel = messenger.openChannel(ownerViewChannel, {
      message: (view) => !stopped && listener(view as OwnerView),
      closed: () => {
        timer = setTimeout(open, reopenDelayMs)
      },
    })
  }

  open()
  return () => {
    stopped = true
    clearTimeout(timer)
    channel?.close()
  }
}
