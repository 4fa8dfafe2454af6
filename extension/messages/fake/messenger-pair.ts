import type { BackgroundMessenger, PageMessenger, PushChannel } from '../messenger.ts'

/** Both ends of a messenger in one page. A request that nobody answers stays open, as a sleeping worker would leave it. */
export function createMessengerPair(): { page: PageMessenger; background: BackgroundMessenger } {
  let answerRequest: (message: unknown) => Promise<unknown> = () => new Promise(() => {})
  const doors = new Map<string, (channel: PushChannel) => void>()
  return {
    page: {
      request: (message) => answerRequest(structuredClone(message)),
      openChannel(name, on) {
        const closed: (() => void)[] = []
        doors.get(name)?.({
          post: (message) => on.message(structuredClone(message)),
          onClosed: (listener) => closed.push(listener),
        })
        return {
          close() {
            for (const tell of closed) tell()
          },
        }
      },
    },
    background: {
      onRequest: (answer) => {
        answerRequest = answer
      },
      onChannel: (name, accept) => void doors.set(name, accept),
    },
  }
}
