import { describe, expect, it } from 'vitest'
import type { HeaderRule } from '../platform/index.ts'
import { HeaderRules, headerRuleFor } from './header-rules.ts'

const changes = { set: [['user-agent', 'mine/1']] as [string, string][], remove: ['origin', 'cookie'] }

/** The browser's session rules, as far as ids go. */
function browserRules(leftovers: HeaderRule[] = []) {
  const rules = new Map(leftovers.map((rule) => [rule.id, rule]))
  return {
    rules,
    read: async () => [...rules.values()],
    async update({
      removeRuleIds = [],
      addRules = [],
    }: {
      removeRuleIds?: number[]
      addRules?: HeaderRule[]
    }) {
      for (const id of removeRuleIds) rules.delete(id)
      for (const rule of addRules) {
        if (rules.has(rule.id)) throw new Error(`Rule with id ${rule.id} does not have a unique ID.`)
        if (rule.condition.regexFilter?.includes('too-large')) throw new Error('memory limit exceeded')
        rules.set(rule.id, rule)
      }
    },
  }
}

describe('header rules', () => {
  it('a rule fits one exact URL, its letters included, and only what this extension asks without a tab', () => {
    const { condition, action } = headerRuleFor(
      7,
      { url: 'https://a.example/B?c=d', ruleHeaders: changes },
      'my-id',
    )
    expect(condition).toEqual({
      urlFilter: '|https://a.example/B?c=d|',
      isUrlFilterCaseSensitive: true,
      initiatorDomains: ['my-id'],
      resourceTypes: ['xmlhttprequest'],
      tabIds: [-1],
    })
    expect(action.requestHeaders).toEqual([
      { header: 'origin', operation: 'remove' },
      { header: 'cookie', operation: 'remove' },
      { header: 'user-agent', operation: 'set', value: 'mine/1' },
    ])
  })

  it.each([
    'https://a.example/?q=*',
    'https://a.example/?q=^',
    'https://a.example/?q=a|b',
    'https://a.example/(x)+[y]{z}.$?q=\\|*',
  ])('the wildcards in %s are taken literally', (url) => {
    const { condition } = headerRuleFor(1, { url, ruleHeaders: changes }, 'my-id')
    expect(condition).not.toHaveProperty('urlFilter')
    const pattern = new RegExp(condition.regexFilter as string)
    expect(pattern.test(url)).toBe(true)
    expect(pattern.test(url.replace(/[*^|]/, 'x'))).toBe(false)
    expect(pattern.test(`${url}x`)).toBe(false)
  })

  it('what answers may write into the owner’s profile is taken off', () => {
    const { action } = headerRuleFor(1, { url: 'https://a.example/', ruleHeaders: changes }, 'my-id')
    const removed = action.responseHeaders?.map(({ header }) => header)
    expect(removed).toEqual(
      expect.arrayContaining(['set-cookie', 'strict-transport-security', 'clear-site-data', 'nel']),
    )
  })

  it('rules that a stopped worker left behind go before the first new one', async () => {
    const left = headerRuleFor(1, { url: 'https://old.example/', ruleHeaders: changes }, 'my-id')
    const browser = browserRules([left])
    const rules = new HeaderRules({ ...browser, initiator: 'my-id' })
    const remove = await rules.put({ url: 'https://new.example/', ruleHeaders: changes })
    expect([...browser.rules.values()].map(({ condition }) => condition.urlFilter)).toEqual([
      '|https://new.example/|',
    ])
    await remove()
    await remove()
    expect(browser.rules.size).toBe(0)
  })

  it('a request for which no exact rule can be made fails as node-failed and never leaves without one', async () => {
    const rules = new HeaderRules({ ...browserRules(), initiator: 'my-id' })
    await expect(
      rules.put({ url: 'https://a.example/?too-large=*', ruleHeaders: changes }),
    ).rejects.toMatchObject({ code: 'node-failed' })
  })
})
