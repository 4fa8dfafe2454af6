import {
  type KeptReceipt,
  keepReceipt,
  type NodeDatabase,
  readCarried,
  readCarriedDays,
  saveCarried,
} from '../storage/index.ts'
import { allDays, CarriedMeter } from './earnings.ts'

/** The meter's other half: what was carried, on disk. */
export class CarriedKeeper {
  readonly meter = new CarriedMeter(Date.now)
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

  /** Keeps a receipt together with what was carried until it came. */
  async keepReceipt(kept: KeptReceipt): Promise<void> {
    const carried = this.meter.takeUnsaved()
    try {
      await keepReceipt(this.#database, kept, carried)
    } catch (error) {
      this.meter.putBack(carried)
      throw error
    }
  }

  async save(): Promise<void> {
    const carried = this.meter.takeUnsaved()
    await saveCarried(this.#database, carried).catch(() => this.meter.putBack(carried))
  }
}
