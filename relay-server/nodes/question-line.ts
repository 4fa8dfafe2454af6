/** More than this many a minute of one link are refused without a look into the ledger; beyond twice as many the link is closed. */
export const questionsPerMinuteMax = 30
const minuteMs = 60_000

/**
 * The questions of one link about its account. Each costs the ledger queries, so one is answered at a time and the others wait in their
 * order, `waitingMax` at most with the one that is being answered.
 */
export class QuestionLine {
  readonly #waitingMax: number
  #last: Promise<void> = Promise.resolve()
  #waiting = 0
  #askedAtMs: number[] = []
  #isOver = false

  constructor(link: { closed: Promise<void> }, waitingMax: number) {
    this.#waitingMax = waitingMax
    void link.closed.then(() => {
      this.#isOver = true
    })
  }

  /** Counts one more question, and says what becomes of it. */
  admit(): 'answer' | 'refuse' | 'close' {
    const now = Date.now()
    this.#askedAtMs = [...this.#askedAtMs.filter((atMs) => now - atMs < minuteMs), now]
    const asked = this.#askedAtMs.length
    if (this.#waiting >= this.#waitingMax || asked > 2 * questionsPerMinuteMax) return 'close'
    return asked > questionsPerMinuteMax ? 'refuse' : 'answer'
  }

  /** Resolves once it was this question's turn and `work` is done; without it where the link is closed by then. `work` never rejects. */
  takeTurn(work: () => Promise<void>): Promise<void> {
    this.#waiting += 1
    this.#last = this.#last.then(async () => {
      if (!this.#isOver) await work()
      this.#waiting -= 1
    })
    return this.#last
  }
}
