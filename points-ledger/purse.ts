import { netOf, type Posting, type PostingKind } from './posting.ts'

/**
 * The balances that one transaction has locked, and the postings it is about to write against them. It keeps the
 * books of a batch: what one attempt draws, the next one no longer finds.
 */
export class Purse {
  readonly postings: Posting[] = []
  readonly #balances: Map<string, bigint>

  constructor(balances: ReadonlyMap<string, bigint>) {
    this.#balances = new Map(balances)
  }

  balanceOf(ledgerAccount: string): bigint {
    return this.#balances.get(ledgerAccount) ?? 0n
  }

  /** Posts as much of `wanted` as `source` holds, and says how much that was. */
  draw(source: string, wanted: bigint, posting: Omit<Posting, 'source' | 'amount'>): bigint {
    const held = this.balanceOf(source)
    const amount = held < wanted ? held : wanted
    this.post({ ...posting, source, amount })
    return amount
  }

  /** Posts an amount; nothing is posted for 0. */
  post(posting: Posting): void {
    if (posting.amount === 0n) return
    this.postings.push(posting)
    for (const [ledgerAccount, net] of netOf([posting])) {
      this.#balances.set(ledgerAccount, this.balanceOf(ledgerAccount) + net)
    }
  }

  sumOf(kind: PostingKind): bigint {
    return this.postings.reduce((sum, posting) => (posting.kind === kind ? sum + posting.amount : sum), 0n)
  }
}
