import { expect, test } from 'vitest'
import type { JsonAnswer } from '../browser/customer.ts'
import { describeAnswer, describeProblem } from './report.ts'

const answer: JsonAnswer = {
  id: 'ex_1',
  status: 200,
  finalUrl: 'http://example.com/',
  headers: [['content-type', 'text/html']],
  body: '<head><title>x</title></head><h1>Hello\u001b[2J</h1><p>a &lt; b &amp;amp;</p><script>alert(1)</script>',
  encoding: 'utf8',
  truncated: false,
  node: { country: null, pseudonym: 'n_1' },
  attempts: [{ outcome: 'completed', ms: 12 }],
  timing: { queueMs: 0, firstByteMs: 10, totalMs: 12 },
  policy: { robots: 'not-checked' },
  usage: { charged: true, carriedBytes: 50, balanceBytes: 1 },
}

test('an answer is shown with its status, size, times, node, and a glance at its text', () => {
  const text = describeAnswer(answer)
  expect(text).toContain('200, text/html')
  expect(text).toContain('first byte after 10 ms')
  expect(text).toContain('50 bytes through the browser, which packed them')
  expect(text).toContain('│ a < b &amp;')
  expect(text).not.toContain('alert')
})

test('a page cannot steer the terminal through what is shown of it', () => {
  expect(describeAnswer(answer)).not.toContain('\u001b')
})

test('a long page is cut to a glance, and bytes are not shown at all', () => {
  const long = describeAnswer({
    ...answer,
    headers: [['content-type', 'text/plain']],
    body: 'word '.repeat(5_000),
  })
  expect(long.split('\n').length).toBeLessThan(20)
  const bytes = describeAnswer({ ...answer, encoding: 'base64', body: 'AAEC', headers: [] })
  expect(bytes).toContain('no text')
  expect(bytes).toContain('3 bytes')
})

test('a failure says what, why, whose side, and whether asking again helps', () => {
  const detail = 'The name of the target could not be resolved: check the URL.'
  const text = describeProblem({
    title: 'The target’s name could not be resolved',
    status: 502,
    detail,
    code: 'target-dns',
    source: 'target',
    retryable: false,
    retryAfterMs: null,
    charged: false,
    attempts: [{ outcome: 'target-dns', ms: 9 }],
  })
  expect(text).toContain('target-dns (HTTP 502); the side that failed: target')
  expect(text).toContain('will not help')
  expect(text.split('\n').every((each) => each.length <= 90)).toBe(true)
})
