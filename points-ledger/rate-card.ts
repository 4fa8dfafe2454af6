import { MIB } from './limits.ts'

export type RateCard = { version: number; inForceFrom: Date; unitsPerMib: bigint }

/** Units for all bytes credited so far under one card, rounded down once for the whole sum, never per receipt. */
export function unitsFor(creditedBytes: bigint, card: RateCard): bigint {
  return (creditedBytes * card.unitsPerMib) / MIB
}

/** The newest card that was in force at that moment; before all of them, the first. */
export function cardInForce(cards: readonly RateCard[], at: Date): RateCard {
  const byStart = [...cards].sort((a, b) => a.inForceFrom.getTime() - b.inForceFrom.getTime())
  const card = byStart.findLast(({ inForceFrom }) => inForceFrom <= at) ?? byStart[0]
  if (!card) throw new Error('the ledger has no rate card; its migrations did not finish')
  return card
}
