import { within } from './deadline.ts'

/** After a fetch is over, how long the browser may take to say what it weighed. */
export const transferSizeDeadlineMs = 2_000

/** The part of a `PerformanceResourceTiming` that is used here. */
export type TransferEntry = { name: string; startTime: number; encodedBodySize: number }

export type TransferPorts = {
  /** The clock of the entries. */
  nowMs(): number
}

/** What the browser says that our own fetches have weighed on the line: the body as it came, before it was unpacked. */
export class TransferSizes {
  readonly #ports: TransferPorts
  readonly #expected = new Map<string, { sinceMs: number; heard(bytes: number): void }>()

  constructor(ports: TransferPorts) {
    this.#ports = ports
  }

  /** Call right before the fetch. One fetch per exact URL at a time; the target queue sees to it. */
  expect(url: string): ExpectedTransfer {
    const size = Promise.withResolvers<number>()
    const expected = { sinceMs: this.#ports.nowMs(), heard: size.resolve }
    this.#expected.set(url, expected)
    return {
      encodedBytes: async () => {
        const bytes = await within<number | null>(size.promise, {
          ms: transferSizeDeadlineMs,
          late: () => null,
        })
        if (this.#expected.get(url) === expected) this.#expected.delete(url)
        return bytes
      },
    }
  }

  /** Entries of earlier fetches of the same URL began before ours. */
  hear(entries: readonly TransferEntry[]): void {
    for (const { name, startTime, encodedBodySize } of entries) {
      const expected = this.#expected.get(name)
      if (expected && startTime >= expected.sinceMs) expected.heard(encodedBodySize)
    }
  }
}

export type ExpectedTransfer = {
  /** Ask once, when the fetch is over. Null where the browser says nothing. */
  encodedBytes(): Promise<number | null>
}
