import { describe, expect, test } from 'vitest'
import { closeCodes, closes, failureCodes, failures, nodeFailureCodes, ProtocolError } from './index.ts'

describe('close codes', () => {
  test('each has a number of its own, in the range that is left to applications', () => {
    const numbers = closeCodes.map((code) => closes[code].number)
    expect(new Set(numbers).size).toBe(numbers.length)
    for (const number of numbers) expect(number).toSatisfy((value: number) => value >= 4000 && value <= 4999)
  })

  test('each word fits into a WebSocket close frame beside its number', () => {
    for (const code of closeCodes) expect(Buffer.byteLength(code)).toBeLessThanOrEqual(123)
  })

  test('a node that another version, its owner or a newer link ended does not dial again by itself', () => {
    const never = closeCodes.filter((code) => closes[code].redial === 'never')
    expect(never.sort()).toEqual(
      [
        'node-forgotten',
        'node-leaving',
        'node-unsafe',
        'owner-paused',
        'owner-resting',
        'replaced-by-newer-link',
        'version-mismatch',
      ].sort(),
    )
  })

  test('a protocol error says its code and its sentence', () => {
    const error = new ProtocolError('unknown-lane', 'lane 7 was never opened')
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({
      name: 'ProtocolError',
      code: 'unknown-lane',
      message: 'lane 7 was never opened',
    })
  })
})

describe('failure codes', () => {
  test('words are kebab-case, so that they serve as labels, columns and URLs', () => {
    for (const code of [...failureCodes, ...closeCodes]) expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/)
  })

  test('what the client, the account or the policy is to blame for is never worth the same request again, but for the pace', () => {
    const blamed = failureCodes.filter((code) =>
      ['client', 'account', 'policy'].includes(failures[code].source),
    )
    for (const code of blamed) expect(failures[code].retryable, code).toBe(code === 'target-pace')
    for (const code of failureCodes.filter((code) => failures[code].source === 'relay'))
      expect(failures[code].retryable, code).toBe(true)
  })

  test('a node may blame a target, itself, its owner or the rules, never the relay or the account', () => {
    expect(nodeFailureCodes.length).toBeGreaterThan(0)
    for (const code of nodeFailureCodes)
      expect(['client', 'policy', 'node', 'target']).toContain(failures[code].source)
    for (const code of failureCodes.filter((code) => failures[code].source === 'target'))
      expect(nodeFailureCodes).toContain(code)
  })
})
