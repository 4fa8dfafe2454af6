import { expect, it } from 'vitest'
import type { HeaderList } from '#protocol'
import { holdUrlOf, ReportHold } from './report-hold.ts'

const relayUrl = 'https://relay.example'
const order: HeaderList = [['NEL', '{"report_to":"nobody","max_age":3600,"success_fraction":1}']]

function holding(answers: () => Promise<HeaderList> = async () => order) {
  const asked: string[] = []
  const clock = { ms: 0 }
  const node = { mayShare: true }
  const hold: ReportHold = new ReportHold({
    ask: async (url) => {
      asked.push(url)
      hold.answered({ url, headers: await answers() })
    },
    nowMs: () => clock.ms,
  })
  return { hold, asked, clock, node, keep: (url = relayUrl) => hold.keep(url, node) }
}

it('a relay is asked for a report that waits, and again before browsers drop it', async () => {
  const { keep, asked, clock } = holding()
  await keep()
  clock.ms = 3 * 60_000
  await keep()
  expect(asked).toEqual([`${relayUrl}/v1/policy?`])
  clock.ms = 4 * 60_000
  await keep()
  expect(asked).toHaveLength(2)
})

it('another relay is asked at once, and one over plain http never', async () => {
  const { keep, asked } = holding()
  await keep()
  await keep('https://other.example')
  await keep('http://127.0.0.1:8787')
  expect(asked).toEqual([`${relayUrl}/v1/policy?`, 'https://other.example/v1/policy?'])
})

it('a node that may not share asks no relay, also when an old alarm wakes it', async () => {
  const { keep, asked, node } = holding()
  node.mayShare = false
  await keep()
  expect(asked).toEqual([])
})

it('who may not share any more when the relay has answered is told so, and does not dial', async () => {
  const { keep, node } = holding(async () => {
    node.mayShare = false
    return order
  })
  await expect(keep()).rejects.toThrow('speaks against a link')
})

it.each<[string, HeaderList]>([
  ['nothing, because a proxy dropped it', []],
  ['no report about successes', [['nel', '{"report_to":"nobody","max_age":3600}']]],
  ['to forget the order', [['nel', '{"report_to":"nobody","max_age":0,"success_fraction":1}']]],
  ['what cannot be read', [['nel', '{']]],
  ['a proxy’s own beside it', [...order, ['NEL', '{"report_to":"cdn","max_age":60}']]],
])('a relay that no longer orders a report is asked again next time: %s', async (_, headers) => {
  const answers = [order, headers]
  const { keep, asked, clock } = holding(async () => answers.shift() ?? headers)
  await keep()
  clock.ms = 4 * 60_000
  await keep()
  await keep()
  expect(asked).toHaveLength(3)
})

it('the headers may be told after the answer, and those of another place are not the relay’s', async () => {
  const { promise: told, resolve: tell } = Promise.withResolvers<void>()
  const asked: string[] = []
  const hold: ReportHold = new ReportHold({
    async ask(url) {
      asked.push(url)
      hold.answered({ url: relayUrl, headers: [] })
      void told.then(() => hold.answered({ url: holdUrlOf(relayUrl), headers: order }))
    },
    nowMs: () => 0,
  })
  const both = [hold.keep(relayUrl, { mayShare: true }), hold.keep(relayUrl, { mayShare: true })]
  tell()
  await Promise.all(both)
  await hold.keep(relayUrl, { mayShare: true })
  expect(asked).toHaveLength(1)
})

it('a relay that does not answer holds nobody up, and is asked again next time', async () => {
  const { keep, asked } = holding(() => Promise.reject(new Error('unreachable')))
  await keep()
  await keep()
  expect(asked).toHaveLength(2)
})
