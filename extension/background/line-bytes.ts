import type { HeaderList } from '#protocol'
import type { PlannedRequest } from './request-policy.ts'
import type { WatchedRequest } from './response-watch.ts'
import type { ExpectedTransfer, TransferSizes } from './transfer-sizes.ts'

/** RFC 6455, section 5.2: two bytes, the length where it is not small, and the mask on the way from us. */
export function messageLineBytes(
  message: string | ArrayBufferView | ArrayBuffer,
  way: 'up' | 'down',
): number {
  const bytes = typeof message === 'string' ? new TextEncoder().encode(message).length : message.byteLength
  const lengthBytes = bytes < 126 ? 0 : bytes <= 0xffff ? 2 : 8
  return 2 + lengthBytes + (way === 'up' ? 4 : 0) + bytes
}

/** What the browser adds to each request of its own accord: User-Agent, brands and accept. An estimate: it cannot be read. */
export const browserHeadersBytes = 512

/** `name: value` and the end of its line. */
const headersBytes = (headers: HeaderList): number =>
  headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0)

const startLineBytes = 16

/** A request as HTTP/1.1 writes it; later versions pack heads, so this is rather too much. */
export function requestLineBytes(
  { url, method, fetchHeaders, ruleHeaders }: PlannedRequest,
  bodyBytes: number,
): number {
  const headers = headersBytes(fetchHeaders) + headersBytes(ruleHeaders.set)
  return method.length + url.length + startLineBytes + headers + browserHeadersBytes + bodyBytes
}

export const answerHeadLineBytes = (headers: HeaderList): number => startLineBytes + headersBytes(headers)

export type TargetTrafficPorts = { note(bytes: number): void; transfers: Pick<TransferSizes, 'expect'> }

/**
 * What one fetch moves on the owner's line. Its body is counted as it is read, unpacked, so that a cap can stop it in the middle;
 * when it is over the count is corrected to what the browser says came over the line.
 */
export class TargetTraffic {
  readonly #ports: TargetTrafficPorts
  #transfer: ExpectedTransfer | null = null
  #readBytes = 0

  constructor(ports: TargetTrafficPorts) {
    this.#ports = ports
  }

  /** Right before the fetch. */
  asks(planned: PlannedRequest, bodyBytes: number, watched: WatchedRequest): void {
    this.#transfer = this.#ports.transfers.expect(planned.url)
    this.#ports.note(requestLineBytes(planned, bodyBytes))
    void watched.answer.then(({ headers }) => this.#ports.note(answerHeadLineBytes(headers)))
  }

  read = (bytes: number): void => {
    this.#readBytes += bytes
    this.#ports.note(bytes)
  }

  /** The fetch is over, well or not. A browser that says 0 of a body that was read knows nothing of it. */
  async over(): Promise<void> {
    const encodedBytes = (await this.#transfer?.encodedBytes()) ?? null
    if (encodedBytes === null || (encodedBytes === 0 && this.#readBytes > 0)) return
    this.#ports.note(encodedBytes - this.#readBytes)
  }
}
