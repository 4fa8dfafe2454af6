import {
  forgetPosted,
  type KeptReceipt,
  keepReceipt,
  type NodeDatabase,
  readCarried,
  readCarriedDays,
  readKeptReceipts,
  saveCarried,
} from '../storage/index.ts'
import { allDays, CarriedMeter } from './earnings.ts'
import type { LinkPorts } from './link-ports.ts'

/** The meter's other half: what was carried, on disk. */
export class CarriedKeeper {
  readonly meter = new CarriedMeter(Date.now)
  /** Where links leave their receipts. */
  readonly receipts: LinkPorts['receipts'] = {
    keep: (kept) => this.#keep(kept),
    forget: (linkId, sequence) => forgetPosted(this.#database, linkId, sequence),
    readKept: () => readKeptReceipts(this.#database, Date.now()),
  }
  readonly #database: NodeDatabase

  constructor(database: NodeDatabase) {
    this.#database = database
  }

  /** Reads what the last worker left. Call once. */
  async begin(): Promise<void> {
    const [days, totalBytes] = await Promise.all([
      readCarriedDays(this.#database, this.meter.firstDay),
      readCarried(this.#database, allDays),
    ])
    this.meter.begin({ days, totalBytes })
  }

  async save(): Promise<void> {
    const carried = this.meter.takeUnsaved()
    await saveCarried(this.#database, carried).catch(() => this.meter.putBack(carried))
  }

  /** Keeps a receipt together with what was carried until it came. */
  async #keep(kept: KeptReceipt): Promise<void> {
    const carried = this.meter.takeUnsaved()
    try {
      await keepReceipt(this.#database, kept, carried)
    } catch (error) {
      this.meter.putBack(carried)
      throw error
    }
  }
}
