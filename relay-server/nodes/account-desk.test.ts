import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type AccountAction, accountQuestionsWaitingMax, type FrameOf, type RelayFrame } from '#protocol'
import { type AccountBook, attachTriesMax, attachTriesMs, createAccountDesk } from './account-desk.ts'
import type { NodeLink } from './node-link.ts'
import { questionsPerMinuteMax } from './question-line.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

type Answer = FrameOf<'account-answer'>

/** What the desk sees of a link. */
function linkFrom(address = '81.2.69.142') {
  const closed = Promise.withResolvers<void>()
  const answers: Answer[] = []
  const link = {
    identity: { nodeId: 'n_one', accountId: 'acc_one', linkId: 'lnk_one', address, country: null },
    closedWith: null as string | null,
    closed: closed.promise,
    send: (frame: RelayFrame) => void answers.push(frame as Answer),
    close(code: string) {
      link.closedWith = code
      closed.resolve()
    },
    leave: async () => {},
  }
  return { link, typed: link as unknown as NodeLink, answers }
}

/** A ledger that knows no code but `right`, and counts what it is asked. */
function deskWith(listDevices: AccountBook['listDevices'] = async () => []) {
  const asked: string[] = []
  const book: AccountBook = {
    keepRecoveryCode: async () => {},
    attachNode: async ({ code }) => {
      asked.push(code)
      return code === 'right' ? { accountId: 'acc_one' } : null
    },
    listDevices: (accountId) => {
      asked.push('devices')
      return listDevices(accountId)
    },
    forgetNode: async () => {},
    accountEarnings: async () => ({ units: 0n }),
  }
  const log = { info() {}, error() {} }
  const desk = createAccountDesk({ book, linkOf: () => undefined, posted: async () => {}, log })
  let request = 0
  const ask = (link: NodeLink, action: AccountAction = 'list-devices', value: string | null = null) => {
    request += 1
    return desk.answer(link, { type: 'account-request', request, action, value })
  }
  return { asked, ask }
}

/** A ledger whose answers come when the test says so. */
function deskWithSlowLedger() {
  const waiting: (() => void)[] = []
  const desk = deskWith(() => new Promise((resolve) => waiting.push(() => resolve([]))))
  return { ...desk, answerOne: () => waiting.shift()?.() }
}

describe('codes that nobody has', () => {
  const refusalOf = async (ask: ReturnType<typeof deskWith>['ask'], address: string, code = 'wrong') => {
    const { typed, answers } = linkFrom(address)
    await ask(typed, 'attach', code)
    return answers[0]?.refusal
  }

  test.each([
    ['an IPv4 address', '81.2.69.142', '81.2.69.142', '81.2.69.143'],
    ['an IPv6 /64', '2a00:1450:1:2::1', '2a00:1450:1:2:ffff::9', '2a00:1450:1:3::1'],
  ])('are counted for %s over all its links, for some minutes', async (_what, one, same, other) => {
    const { ask, asked } = deskWith()
    for (let tried = 0; tried < attachTriesMax; tried += 1)
      expect(await refusalOf(ask, tried % 2 ? one : same)).toBe('recovery-code-unknown')
    vi.advanceTimersByTime(attachTriesMs - 1_000)
    expect(await refusalOf(ask, same, 'right')).toBe('too-many-tries')
    expect(await refusalOf(ask, other)).toBe('recovery-code-unknown')
    expect(asked).toHaveLength(attachTriesMax + 1)
    vi.advanceTimersByTime(2_000)
    expect(await refusalOf(ask, same, 'right')).toBeNull()
  })

  test('are waited out from the first on: asking again meanwhile makes it no longer', async () => {
    const { ask } = deskWith()
    const minutes = attachTriesMs / 60_000
    for (let minute = 0; minute < minutes; minute += 1) {
      const refusal = minute < attachTriesMax ? 'recovery-code-unknown' : 'too-many-tries'
      expect(await refusalOf(ask, '81.2.69.142')).toBe(refusal)
      vi.advanceTimersByTime(60_000)
    }
    vi.advanceTimersByTime(1_000)
    expect(await refusalOf(ask, '81.2.69.142')).toBe('recovery-code-unknown')
  })

  test('are counted alone: a good code is no try', async () => {
    const { ask } = deskWith()
    for (let tried = 0; tried < 3 * attachTriesMax; tried += 1)
      expect(await refusalOf(ask, '81.2.69.142', 'right')).toBeNull()
  })
})

describe('the questions of one link', () => {
  test('are asked of the ledger one at a time, and answered in their order', async () => {
    const { ask, asked, answerOne } = deskWithSlowLedger()
    const { typed, answers } = linkFrom()
    const all = Array.from({ length: accountQuestionsWaitingMax }, () => ask(typed))
    for (let answered = 1; answered <= all.length; answered += 1) {
      await vi.advanceTimersByTimeAsync(0)
      expect(asked).toHaveLength(answered)
      answerOne()
    }
    await Promise.all(all)
    expect(answers.map(({ request }) => request)).toEqual(all.map((_, index) => index + 1))
  })

  test('that are too many at once close it, and those that wait are not asked any more', async () => {
    const { ask, asked, answerOne } = deskWithSlowLedger()
    const { link, typed } = linkFrom()
    const all = Array.from({ length: accountQuestionsWaitingMax }, () => ask(typed))
    await vi.advanceTimersByTimeAsync(0)
    expect(link.closedWith).toBeNull()
    await ask(typed)
    expect(link.closedWith).toBe('out-of-order')
    answerOne()
    await Promise.all(all)
    expect(asked).toEqual(['devices'])
  })

  test('hold no other link’s up', async () => {
    const { ask, answerOne } = deskWithSlowLedger()
    const [slow, quick] = [linkFrom(), linkFrom()]
    const first = ask(slow.typed)
    await ask(quick.typed, 'attach', 'wrong')
    expect(quick.answers).toHaveLength(1)
    answerOne()
    await first
  })

  test('have a budget for each minute: beyond it the ledger is not asked, beyond twice as much the link is closed', async () => {
    const { ask, asked } = deskWith()
    const { link, typed, answers } = linkFrom()
    for (let each = 0; each < questionsPerMinuteMax; each += 1) await ask(typed)
    expect(answers.every(({ refusal }) => refusal === null)).toBe(true)
    await ask(typed)
    expect(answers.at(-1)?.refusal).toBe('relay-failed')
    vi.advanceTimersByTime(60_000)
    await ask(typed)
    expect(answers.at(-1)?.refusal).toBeNull()
    expect(asked).toHaveLength(questionsPerMinuteMax + 1)
    for (let each = 0; each < 2 * questionsPerMinuteMax - 1; each += 1) await ask(typed)
    expect(link.closedWith).toBeNull()
    await ask(typed)
    expect(link.closedWith).toBe('out-of-order')
    expect(asked).toHaveLength(2 * questionsPerMinuteMax)
  })
})
