import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { lanesMax } from '#protocol'
import { parseHostEntry } from './host-entry.ts'
import { freshSettings, lanesMaxDefault } from './owner-settings.ts'
import {
  capBytesMin,
  checkSettings,
  readSettings,
  ruleEntriesMax,
  upBytesPerSecondMin,
} from './settings-check.ts'

const isCategory = (name: string) => name === 'adult'
const check = (changes: unknown) => checkSettings(changes, isCategory)
const caps = { hourBytes: null, dayBytes: null, monthBytes: null, monthResetDay: 1 }
const { rules } = freshSettings

test('the most lanes that an owner may allow are the protocol’s', () => {
  expect(lanesMaxDefault).toBe(lanesMax)
})

describe('a host of a list', () => {
  it.each([
    ['example.org', 'example.org'],
    ['  WWW.Example.ORG. ', 'www.example.org'],
    ['https://example.org:8443/a/b?c#d', 'example.org'],
    ['http://me:secret@example.org/', 'example.org'],
    ['example.org:8080', 'example.org'],
    ['example.org/path', 'example.org'],
    ['*.example.org', 'example.org'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['例え.テスト', 'xn--r8jz45g.xn--zckzah'],
    ['192.0.2.7', '192.0.2.7'],
    ['2001:DB8::1', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['https://[2001:db8::1]/', '2001:db8::1'],
    ['my_host.example', 'my_host.example'],
  ])('%s is %s', (typed, host) => {
    expect(parseHostEntry(typed)).toEqual({ ok: true, host })
  })

  it.each([
    '',
    '   ',
    'two words',
    'http://',
    'file:///etc/passwd',
    'a%20b.example',
    `${'a.'.repeat(140)}org`,
  ])('“%s” is none, and the sentence says so', (typed) => {
    expect(parseHostEntry(typed)).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/is not a host\. .*\.$/),
    })
  })

  it('what comes out goes in again unchanged, whatever was typed', () => {
    fc.assert(
      fc.property(fc.oneof(fc.webUrl(), fc.domain(), fc.string(), fc.ipV4(), fc.ipV6()), (typed) => {
        const parsed = parseHostEntry(typed)
        if (parsed.ok) expect(parseHostEntry(parsed.host)).toEqual(parsed)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('a change of settings', () => {
  it.each([
    [{ mode: 'gently' }],
    [{ mode: null, unlimitedConnection: true, shareOnBattery: false }],
    [{ caps: { ...caps, hourBytes: capBytesMin, monthResetDay: 28 } }],
    [{ upBytesPerSecondMax: 300_000 }],
    [{ upBytesPerSecondMax: null, lanesMax: 1 }],
    [{ schedule: '01'.repeat(84) }],
    [{ schedule: null, keepActivityDays: 365 }],
    [{ rules: { ...rules, deniedCategories: ['adult'], deniedCustomers: [{ id: 'cus_1', label: 'A' }] } }],
    [{}],
  ])('%j is taken as it is', (changes) => {
    expect(check(changes)).toEqual({ ok: true, changes })
  })

  it.each([
    [{ mode: 'sometimes' }, 'mode takes'],
    [{ unlimitedConnection: 'yes' }, 'unlimitedConnection takes'],
    [{ shareOnBattery: 1 }, 'shareOnBattery takes'],
    [{ caps: { ...caps, dayBytes: 999_999 } }, 'caps.dayBytes takes'],
    [{ caps: { ...caps, hourBytes: 1.5e6 + 0.5 } }, 'caps.hourBytes takes'],
    [{ caps: { ...caps, monthBytes: Number.POSITIVE_INFINITY } }, 'caps.monthBytes takes'],
    [{ caps: { ...caps, monthResetDay: 29 } }, 'caps.monthResetDay takes'],
    [{ caps: { hourBytes: null } }, 'caps.dayBytes takes'],
    [{ caps: { ...caps, weekBytes: 1 } }, 'caps takes'],
    [{ caps: null }, 'caps takes'],
    [{ upBytesPerSecondMax: 0 }, 'upBytesPerSecondMax takes'],
    [{ lanesMax: 0 }, 'lanesMax takes'],
    [{ lanesMax: 65 }, 'lanesMax takes'],
    [{ lanesMax: '8' }, 'lanesMax takes'],
    [{ schedule: '1'.repeat(167) }, 'schedule takes'],
    [{ schedule: '2'.repeat(168) }, 'schedule takes'],
    [{ keepActivityDays: 0 }, 'keepActivityDays takes'],
    [{ rules: { ...rules, deniedCategories: ['banking'] } }, 'rules.deniedCategories takes'],
    [{ rules: { ...rules, deniedHosts: ['not a host'] } }, 'rules.deniedHosts takes'],
    [{ rules: { ...rules, deniedHosts: 'a.example' } }, 'rules.deniedHosts takes'],
    [{ rules: { ...rules, allowedHosts: [null] } }, 'rules.allowedHosts takes'],
    [{ rules: { ...rules, onlyAllowed: 'no' } }, 'rules.onlyAllowed takes'],
    [{ rules: { ...rules, deniedCustomers: [{ id: 'a b', label: '' }] } }, 'rules.deniedCustomers takes'],
    [{ colour: 'green' }, 'There is no setting “colour”'],
    [JSON.parse('{ "__proto__": { "lanesMax": 1 } }'), 'There is no setting “__proto__”'],
    [null, 'Settings are'],
    [[], 'Settings are'],
  ])('%j is refused with a sentence that names the field', (changes, begin) => {
    const checked = check(changes)
    expect(checked).toMatchObject({ ok: false })
    expect(!checked.ok && checked.detail.startsWith(begin) && checked.detail.endsWith('.')).toBe(true)
  })

  it('one bad field refuses the good ones with it', () => {
    expect(check({ lanesMax: 3, keepActivityDays: -1 })).toMatchObject({ ok: false })
  })

  it('hosts are normalised, and what is said twice is kept once, where it was said last', () => {
    const deniedHosts = ['https://B.example/x', 'a.example', 'b.example']
    expect(check({ rules: { ...rules, deniedHosts } })).toMatchObject({
      changes: { rules: { deniedHosts: ['a.example', 'b.example'] } },
    })
  })

  it('a list of ten thousand is taken, and one more is not', () => {
    const deniedHosts = Array.from({ length: ruleEntriesMax }, (_, index) => `h${index}.example`)
    expect(check({ rules: { ...rules, deniedHosts } })).toMatchObject({ ok: true })
    expect(check({ rules: { ...rules, deniedHosts: [...deniedHosts, 'one.example'] } })).toMatchObject({
      ok: false,
      detail: `rules.deniedHosts takes at most ${ruleEntriesMax} entries.`,
    })
  })
})

describe('settings of another version', () => {
  it.each([[undefined], [null], ['text'], [[]], [{}]])('%j are the fresh ones', (kept) => {
    expect(readSettings(kept, freshSettings)).toEqual(freshSettings)
  })

  it('are kept where they can be read, and share the least where they cannot', () => {
    const kept = {
      mode: 'whenever',
      unlimitedConnection: true,
      caps: { hourBytes: 5, dayBytes: 2_000_000, monthResetDay: 31, yearBytes: 9 },
      upBytesPerSecondMax: 'slow',
      lanesMax: 1_000,
      schedule: 'mornings',
      rules: {
        deniedHosts: ['a.example', 7, 'no host', 'b.example'],
        deniedCategories: ['newer'],
        onlyAllowed: 1,
      },
      newer: true,
    }
    expect(readSettings(kept, freshSettings)).toEqual({
      mode: null,
      unlimitedConnection: true,
      shareOnBattery: null,
      caps: { hourBytes: capBytesMin, dayBytes: 2_000_000, monthBytes: null, monthResetDay: 1 },
      upBytesPerSecondMax: upBytesPerSecondMin,
      lanesMax: 1,
      schedule: '0'.repeat(168),
      rules: {
        deniedCategories: ['newer'],
        deniedHosts: ['a.example', 'b.example'],
        allowedHosts: [],
        onlyAllowed: true,
        deniedCustomers: [],
      },
      keepActivityDays: 30,
    })
  })

  it('whatever is kept, what is read passes the check', () => {
    fc.assert(
      fc.property(fc.record({ caps: fc.anything(), rules: fc.anything(), mode: fc.anything() }), (kept) => {
        expect(checkSettings(readSettings(kept, freshSettings), () => true)).toMatchObject({ ok: true })
      }),
    )
  })
})
