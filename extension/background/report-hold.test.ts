import { expect, it } from 'vitest'
import type { HeaderList } from '#protocol'
import { ReportHold } from './report-hold.ts'

const relayUrl = 'https://relay.example'

const order: HeaderList = [['NEL', '{"report_to":"wait","max_age":600}']]

function holding(answers: () => Promise<HeaderList> = async () => order) {
  const asked: string[] = []
  const clock = { ms: 0 }
  const hold: ReportHold = new ReportHold({
    ask: async (url) => {
      asked.push(url)
      hold.answered({ headers: await answers() })
    },
    nowMs: () => clock.ms,
  })
  return { hold, asked, clock }
}

it('a relay is asked for a report that waits, and again before browsers drop it', async () => {
  const { hold, asked, clock } = holding()
  await hold.keep(relayUrl)
  clock.ms = 3 * 60_000
  await hold.keep(relayUrl)
  expect(asked).toEqual([`${relayUrl}/v1/policy?`])
  clock.ms = 4 * 60_000
  await hold.keep(relayUrl)
  expect(asked).toHaveLength(2)
})

it('another relay is asked at once, and one over plain http never', async () => {
  const { hold, asked } = holding()
  await hold.keep(relayUrl)
  await hold.keep('https://other.example')
  await hold.keep('http://127.0.0.1:8787')
  expect(asked).toEqual([`${relayUrl}/v1/policy?`, 'https://other.example/v1/policy?'])
})

it('a relay whose answer no longer holds the order, because a proxy dropped it, is asked again next time', async () => {
  const answers = [order, []]
  const { hold, asked, clock } = holding(async () => answers.shift() ?? [])
  await hold.keep(relayUrl)
  clock.ms = 4 * 60_000
  await hold.keep(relayUrl)
  await hold.keep(relayUrl)
  expect(asked).toHaveLength(3)
})

it('a relay that does not answer holds nobody up, and is asked again next time', async () => {
  const { hold, asked } = holding(() => Promise.reject(new Error('unreachable')))
  await hold.keep(relayUrl)
  await hold.keep(relayUrl)
  expect(asked).toHaveLength(2)
})
