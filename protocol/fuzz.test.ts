import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decode, encode, ProtocolError } from './index.ts'
import { arbitraryFrame } from './testing/arbitrary-frames.ts'
import { type Dice, diceOf } from './testing/dice.ts'

type Message = string | Uint8Array

const messagesPerScale = 100_000
const scale = Number(process.env.FALLOW_PROOF_SCALE ?? 1)
const seed = Number(process.env.FALLOW_SEED ?? Date.now() % 2 ** 31)
const fuzzDeadlineMs = 120_000 * Math.max(1, scale)

const oddTokens = [
  'null',
  '-1',
  '1e999',
  '0.5',
  '""',
  '[]',
  '{}',
  '"\\u0000"',
  '"\\ud800"',
  '9007199254740993',
  'true',
  '"__proto__"',
]

test('whatever message arrives, it is a frame or a protocol error', { timeout: fuzzDeadlineMs }, () => {
  console.log(`fuzz seed ${seed} (FALLOW_SEED repeats it)`)
  const dice = diceOf(seed)
  const good = fc.sample(arbitraryFrame, { seed, numRuns: 2000 }).map(encode)
  const total = Math.round(messagesPerScale * scale)
  let refused = 0
  for (let index = 0; index < total; index += 1)
    refused += outcomeOf(nextMessage(good, dice)) === 'refused' ? 1 : 0
  // Both must happen often, or the fuzzing has lost its teeth.
  expect(refused).toBeGreaterThan(total * 0.3)
  expect(refused).toBeLessThan(total * 0.95)
})

function outcomeOf(message: Message): 'read' | 'refused' {
  try {
    const frame = decode(message)
    expect(decode(encode(frame))).toEqual(frame)
    return 'read'
  } catch (error) {
    if (error instanceof ProtocolError) return 'refused'
    throw new Error(`seed ${seed}: ${String(error)} for ${describeMessage(message)}`, { cause: error })
  }
}

function nextMessage(good: Message[], dice: Dice): Message {
  if (dice.upTo(10) === 0) return dice.upTo(2) === 0 ? dice.bytes(dice.upTo(64)) : dice.text(dice.upTo(64))
  let message = dice.of(good)
  for (let times = dice.upTo(4); times > 0; times -= 1)
    message =
      typeof message === 'string' ? mutateText(message, dice.of(good), dice) : mutateBytes(message, dice)
  return message
}

function mutateText(text: string, other: Message, dice: Dice): Message {
  const at = dice.upTo(text.length + 1)
  switch (dice.upTo(6)) {
    case 0:
      return text.slice(0, at)
    case 1:
      return text.slice(0, at) + dice.text(1) + text.slice(at + dice.upTo(2))
    case 2:
      return text.replace(/-?\d+|"[^"]*"|true|false|null/g, (token) =>
        dice.upTo(8) === 0 ? dice.of(oddTokens) : token,
      )
    case 3:
      return text.replace(/"\w+":/, (name) =>
        dice.upTo(2) === 0 ? '' : `${name}${dice.of(oddTokens)},${name}`,
      )
    case 4:
      return typeof other === 'string' ? text.slice(0, at) + other.slice(dice.upTo(other.length)) : other
    default:
      return new TextEncoder().encode(text)
  }
}

function mutateBytes(bytes: Uint8Array, dice: Dice): Message {
  const copy = bytes.slice()
  const at = dice.upTo(Math.min(copy.length, 40))
  switch (dice.upTo(5)) {
    case 0:
      return copy.subarray(0, at)
    case 1:
      copy[at] = dice.upTo(256)
      return copy
    case 2:
      copy[at] = (copy[at] ?? 0) ^ (1 << dice.upTo(8))
      return copy
    case 3:
      return new Uint8Array([...copy.subarray(0, at), ...dice.bytes(dice.upTo(8)), ...copy.subarray(at)])
    default:
      return new TextDecoder().decode(copy)
  }
}

const describeMessage = (message: Message): string =>
  typeof message === 'string' ? JSON.stringify(message) : Buffer.from(message).toString('hex')
