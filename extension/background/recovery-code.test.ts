import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readRecoveryCode, writeRecoveryCode } from './recovery-code.ts'

const codes = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Uint8Array.from(bytes))

test('every code is read as it was written, however it was copied', async () => {
  await fc.assert(
    fc.asyncProperty(codes, async (bytes) => {
      const code = await writeRecoveryCode(bytes)
      expect(code).toMatch(/^([0-9A-Z]{6}-){8}[0-9A-Z]{6}$/)
      const copies = [code, code.toLowerCase(), code.replaceAll('-', ' '), ` ${code.replaceAll('-', '')}\n`]
      for (const copy of copies) expect(await readRecoveryCode(copy)).toEqual({ ok: true, bytes })
    }),
    { numRuns: 200 },
  )
})

test('letters that look alike are read alike', async () => {
  const code = await writeRecoveryCode(new Uint8Array(32))
  expect(code).toContain('000000')
  expect(await readRecoveryCode(code.replaceAll('0', 'O'))).toMatchObject({ ok: true })
})

test('a character too many, too few or wrong is noticed, but for one slip in a thousand', async () => {
  let unnoticed = 0
  const slips = 2_000
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  const code = (await writeRecoveryCode(bytes)).replaceAll('-', '')
  for (let slip = 0; slip < slips; slip += 1) {
    const at = slip % code.length
    const other = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[Math.floor(slip / code.length) % 32] ?? '0'
    if (other === code[at]) continue
    const read = await readRecoveryCode(code.slice(0, at) + other + code.slice(at + 1))
    if (read.ok) unnoticed += 1
  }
  expect(unnoticed).toBeLessThan(slips / 100)
  expect(await readRecoveryCode(code.slice(1))).toEqual({ ok: false })
  expect(await readRecoveryCode(`${code}0`)).toEqual({ ok: false })
  for (const text of ['', 'no code', 'é'.repeat(54), 'U'.repeat(54), '\0'.repeat(54)])
    expect(await readRecoveryCode(text)).toEqual({ ok: false })
})
