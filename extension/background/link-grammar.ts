import {
  type CloseCode,
  closeCodes,
  closes,
  fingerprint,
  importPublicKey,
  ProtocolError,
  type RelayFrame,
  relayFrames,
} from '#protocol'

export const outOfOrder = (detail: string) => new ProtocolError('out-of-order', detail)

const fromRelay = new Set<string>(relayFrames)
export function asRelayFrame(frame: { type: string }): RelayFrame {
  if (!fromRelay.has(frame.type)) throw outOfOrder(`a relay does not send ${frame.type}`)
  return frame as RelayFrame
}

/** The relay's id is its key's fingerprint: a relay cannot take another one's name. */
export async function relayKeyOf(relayId: string, relayKey: string): Promise<CryptoKey> {
  try {
    if ((await fingerprint('r', relayKey)) === relayId) return await importPublicKey(relayKey)
  } catch {
    // A key that cannot be read fits no id.
  }
  throw new ProtocolError('wrong-relay', "the relay's id does not fit its key")
}

/** A close frame of ours says which goodbye was lost on the way; any other number is the network's. */
export function endOf(
  number: number,
  reason: string,
): { code: CloseCode | 'unreachable'; detail: string; redialAfterMs: number | null } {
  const code = closeCodes.find((candidate) => closes[candidate].number === number) ?? 'unreachable'
  return { code, detail: reason || `the connection to the relay ended (${number})`, redialAfterMs: null }
}
