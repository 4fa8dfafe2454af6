import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { lanesMax } from '#protocol'
import { consentPlainText, consentSections, consentSha256 } from './consent-text.ts'

test('the hash an owner agrees to is that of the words on the page', () => {
  const sha256 = createHash('sha256').update(consentPlainText(), 'utf8').digest('hex')
  expect(consentSha256, `the words changed: raise consentVersion and set consentSha256 to ${sha256}`).toBe(
    sha256,
  )
})

test('the text names the number of requests at once that the protocol allows', () => {
  const limits = consentSections.find(({ heading }) => heading === 'The limits that apply now')
  expect(limits?.points.join(' ')).toContain(`At most ${lanesMax} requests at once`)
})
