import { connect, type Socket } from 'node:net'

/** How the server ended a connection: in order, or torn off. */
export type ConnectionEnd = 'ended' | 'reset'

/** A customer that writes HTTP by hand and sees every byte that comes back. */
export class RawClient {
  readonly socket: Socket
  /** All that came, one character for each byte. */
  received = ''
  readonly #watchers = new Set<() => void>()
  readonly #end = Promise.withResolvers<ConnectionEnd>()
  #isOver = false

  constructor(relayUrl: string) {
    const { hostname, port } = new URL(relayUrl)
    this.socket = connect(Number(port), hostname)
    this.socket.on('data', (data) => {
      this.received += data.toString('latin1')
      this.#wake()
    })
    this.socket.on('end', () => this.#over('ended'))
    this.socket.on('error', () => this.#over('reset'))
    this.socket.on('close', () => this.#over('ended'))
  }

  /** Resolves when the server has ended the connection. */
  get end(): Promise<ConnectionEnd> {
    return this.#end.promise
  }

  send(text: string | Uint8Array): void {
    this.socket.write(text)
  }

  /** Sends `POST /v1/fetch` with a document. */
  post(
    apiKey: string,
    request: object,
    options: { version?: string; headers?: Record<string, string> } = {},
  ): void {
    const body = JSON.stringify(request)
    const headers = {
      host: 'relay',
      authorization: `Bearer ${apiKey}`,
      'content-length': Buffer.byteLength(body),
      ...options.headers,
    }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    this.send(`POST /v1/fetch HTTP/${options.version ?? '1.1'}\r\n${lines.join('')}\r\n${body}`)
  }

  /** Resolves once `text` has come. Fails where the connection ends before. */
  async until(text: string | RegExp): Promise<void> {
    const came = () => (typeof text === 'string' ? this.received.includes(text) : text.test(this.received))
    while (!came()) {
      if (this.#isOver) throw new Error(`the connection ended before ${text}; it said:\n${this.received}`)
      await new Promise<void>((resolve) => this.#watchers.add(resolve))
    }
  }

  /** Goes away without a word. */
  vanish(): void {
    this.socket.resetAndDestroy()
  }

  #over(end: ConnectionEnd): void {
    this.#isOver = true
    this.#end.resolve(end)
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#watchers) wake()
    this.#watchers.clear()
  }
}
