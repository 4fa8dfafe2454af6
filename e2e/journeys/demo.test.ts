import { exec } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Child, startChild } from '#scripts/browser/child.ts'
import { programsWith } from '../fixtures/processes.ts'
import { until } from '../fixtures/until.ts'

const demoProgram = fileURLToPath(new URL('../../scripts/demo.ts', import.meta.url))
const endMsMax = 60_000
const runInShell = promisify(exec)

describe.sequential('a stranger who types one command', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fallow-stranger-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  /** As a stranger's terminal has it: nothing of ours is set. On a display of the demo's own, so that nobody's keyboard gets in between. */
  const startDemo = (...args: string[]): Promise<Child> =>
    startChild(process.execPath, [demoProgram, ...args], {
      readyOn: 1,
      env: { TMPDIR: folder, DISPLAY: undefined, NODE_ENV: undefined, VITEST: undefined },
    })

  const programs = () => programsWith(`TMPDIR=${folder}`)

  async function expectNothingLeft(): Promise<void> {
    expect(programs()).toEqual([])
    expect(await readdir(folder)).toEqual([])
  }

  test('sees a page come through a browser, and the points for it', async () => {
    const demo = await startDemo()
    const code = await demo.exited
    const told = demo.outputText()
    expect(code, `${told}${demo.errorText()}`).toBe(0)
    expect(told).toMatch(/status +200, text\/html/)
    expect(told).toContain('│ A fallow field')
    expect(told).toMatch(/charged +yes/)
    const [, shown, units = '0'] = /points +([\d.]+) \((\d+) millionths/.exec(told) ?? []
    expect(Number(shown)).toBeGreaterThan(0)
    const [, carried = ''] = /carried +([\d,]+) bytes through the browser/.exec(told) ?? []
    const carriedBytes = BigInt(carried.replaceAll(',', ''))
    expect(BigInt(units)).toBe((carriedBytes * 1_000_000n) / 1_048_576n)
    await expectNothingLeft()
  })

  test('with --keep may paste the curl that it prints, and Ctrl-C ends all of it', async () => {
    const demo = await startDemo('--keep')
    const curl = await until('the curl to be printed', () => /^ +(curl .+)$/m.exec(demo.outputText())?.[1])
    const { stdout: answer } = await runInShell(curl)
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(answer).toContain('<h1>A fallow field</h1>')
    expect(programs()).toEqual(expect.arrayContaining(['postgres', 'Xvfb', 'openbox']))
    await demo.end({ signal: 'SIGINT', graceMs: endMsMax })
    expect(await demo.exited, demo.errorText()).toBe(0)
    await expectNothingLeft()
  })
})
