import {
  type CommandName,
  type CommandResult,
  commandFailed,
  commandNames,
  type OwnerCommands,
} from './commands.ts'
import type { BackgroundMessenger, PushChannel } from './messenger.ts'
import type { OwnerView } from './owner-view.ts'
import { ownerViewChannel, ownerViewQuery } from './wire-names.ts'

export type BackgroundSide = {
  /** Gives the functions that pages call. Call once, synchronously at start; a handler may await the boot itself. */
  answerCommands(handlers: OwnerCommands): void
  /** Pushes a snapshot to every open page and keeps it for the next one that opens. */
  publishOwnerView(view: OwnerView): void
}

/** Registers with the messenger at once, so create it at the top of the background, before any await. */
export function createBackgroundSide(messenger: BackgroundMessenger): BackgroundSide {
  const channels = new Set<PushChannel>()
  const firstView = Promise.withResolvers<OwnerView>()
  const givenHandlers = Promise.withResolvers<OwnerCommands>()
  let newestView: OwnerView | undefined

  messenger.onRequest(async (message) => {
    if (isOwnerViewQuery(message)) return newestView ?? firstView.promise
    return answer(await givenHandlers.promise, message)
  })
  messenger.onChannel(ownerViewChannel, (channel) => {
    channels.add(channel)
    channel.onClosed(() => channels.delete(channel))
    if (newestView) channel.post(newestView)
  })

  return {
    answerCommands: (handlers) => givenHandlers.resolve(handlers),
    publishOwnerView(view) {
      newestView = view
      firstView.resolve(view)
      for (const channel of channels) channel.post(view)
    },
  }
}

async function answer(handlers: OwnerCommands, message: unknown): Promise<CommandResult<unknown>> {
  const name = commandNameOf(message)
  if (name === undefined) {
    return commandFailed(
      'unknown-command',
      'This page is older than the extension. Close it and open it again.',
    )
  }
  const handler = handlers[name] as (payload: unknown) => Promise<CommandResult<unknown>>
  try {
    return await handler((message as { payload?: unknown }).payload)
  } catch (error) {
    return commandFailed('background-failed', `Fallow could not do that: ${String(error)}. Try again.`)
  }
}

function isOwnerViewQuery(message: unknown): boolean {
  return fieldOf(message, 'query') === ownerViewQuery
}

function commandNameOf(message: unknown): CommandName | undefined {
  const wanted = fieldOf(message, 'command')
  return commandNames.find((name) => name === wanted)
}

function fieldOf(message: unknown, field: string): unknown {
  return typeof message === 'object' && message !== null ? Reflect.get(message, field) : undefined
}
