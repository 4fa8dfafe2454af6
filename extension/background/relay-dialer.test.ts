import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type CloseCode, closes, type FrameOf } from '#protocol'
import { backOffMs, backOffMsMax, backOffMsMin } from './back-off.ts'
import { ExchangeFailure } from './exchange-failure.ts'
import { type LinkStatus, linkSteadyMs, RelayDialer, redialAfterMsMax } from './relay-dialer.ts'
import type { LinkEnd, LinkEvents, RelayLink } from './relay-link.ts'

const relayUrl = 'https://relay.example.org'
const failure = new ExchangeFailure('owner-paused', 'paused')
const welcome: FrameOf<'welcome'> = {
  type: 'welcome',
  linkId: 'lnk_1',
  nodeId: 'n_1',
  country: null,
  publicAddress: '203.0.114.7',
  addressSpaceOverrides: [],
  unitsPerMib: 1_000_000,
}

/** A dialer whose links do what the test says; their own life is tested with real sockets in relay-link.test.ts. */
function dialing() {
  const dials: { door: string; events: LinkEvents; left: CloseCode[] }[] = []
  const statuses: LinkStatus[] = []
  const dialer = new RelayDialer({
    dial: async ({ nodeDoor }, events) => {
      const dial = { door: nodeDoor, events, left: [] as CloseCode[] }
      dials.push(dial)
      return { phase: 'linked', leave: (code: CloseCode) => dial.left.push(code) } as unknown as RelayLink
    },
    changed: (status) => statuses.push(status),
    welcomed: () => {},
    earned: () => {},
    quality: () => {},
    accountAnswered: () => {},
    carried: () => {},
    moved: () => {},
    linkEnded: () => {},
    random: () => 1,
  })
  const end = (code: LinkEnd['code'], stoodMs = 0, redialAfterMs: number | null = null) =>
    dials.at(-1)?.events.ended({ code, detail: 'as the test wants it', redialAfterMs, stoodMs })
  return { dialer, dials, statuses, end }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('the dialer', () => {
  it('dials the node door at once, and once', async () => {
    const { dialer, dials } = dialing()
    dialer.want(relayUrl)
    dialer.want(relayUrl)
    await vi.advanceTimersByTimeAsync(0)
    expect(dials.map(({ door }) => door)).toEqual(['wss://relay.example.org/node'])
  })

  it('waits longer after each attempt in vain, up to the cap', async () => {
    const { dialer, dials, end } = dialing()
    dialer.want(relayUrl)
    for (let attempt = 0; attempt < 12; attempt += 1) {
      end('unreachable')
      const waitMs = Math.min(backOffMsMax, backOffMsMin * 2 ** attempt)
      await vi.advanceTimersByTimeAsync(waitMs - 1)
      expect(dials).toHaveLength(attempt + 1)
      await vi.advanceTimersByTimeAsync(1)
      expect(dials).toHaveLength(attempt + 2)
    }
  })

  it('half of the wait is by chance', () => {
    expect(backOffMs(3, () => 0)).toBe(2_000)
    expect(backOffMs(3, () => 1)).toBe(4_000)
  })

  it('a link that stood for a while makes the back-off begin anew', async () => {
    const { dialer, dials, end } = dialing()
    dialer.want(relayUrl)
    for (let attempt = 0; attempt < 6; attempt += 1) {
      end('unreachable')
      await vi.advanceTimersByTimeAsync(backOffMsMax)
    }
    end('unreachable', linkSteadyMs)
    const before = dials.length
    await vi.advanceTimersByTimeAsync(backOffMsMin)
    expect(dials.length).toBe(before + 1)
  })

  it('a relay that asks for patience is not dialled before', async () => {
    const { dialer, dials, end } = dialing()
    dialer.want(relayUrl)
    end('relay-draining', 0, 20_000)
    await vi.advanceTimersByTimeAsync(19_999)
    expect(dials).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(dials).toHaveLength(2)
  })

  it('and not later than in an hour, whatever a relay asks for', async () => {
    const { dialer, dials, end } = dialing()
    dialer.want(relayUrl)
    end('relay-draining', 0, Number.MAX_SAFE_INTEGER)
    await vi.advanceTimersByTimeAsync(redialAfterMsMax - 1)
    expect(dials).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(dials).toHaveLength(2)
  })

  it('lanes that are used up are renewed at once, but not in a tight circle', async () => {
    const { dialer, dials, end } = dialing()
    dialer.want(relayUrl)
    end('lanes-used-up', linkSteadyMs)
    await vi.advanceTimersByTimeAsync(0)
    expect(dials).toHaveLength(2)
    end('lanes-used-up', 5)
    await vi.advanceTimersByTimeAsync(0)
    expect(dials).toHaveLength(2)
  })

  const forGood = (Object.keys(closes) as CloseCode[]).filter((code) => closes[code].redial === 'never')
  it.each(forGood)('after %s it dials no more by itself until it is wanted anew', async (code) => {
    const { dialer, dials, end } = dialing()
    dialer.want(relayUrl)
    end(code)
    await vi.advanceTimersByTimeAsync(backOffMsMax * 2)
    dialer.dialIfWaiting()
    expect(dials).toHaveLength(1)
    expect(dialer.status).toMatchObject({ phase: 'stopped', code })
    dialer.want(relayUrl)
    await vi.advanceTimersByTimeAsync(0)
    expect(dials).toHaveLength(2)
  })

  it('an owner who resumes is not made to wait for the back-off', async () => {
    const { dialer, dials, end } = dialing()
    dialer.want(relayUrl)
    end('unreachable')
    dialer.dialIfWaiting()
    await vi.advanceTimersByTimeAsync(0)
    expect(dials).toHaveLength(2)
  })

  it('leaving ends the link and every dial to come; wanting it again dials at once', async () => {
    const { dialer, dials, end } = dialing()
    dialer.want(relayUrl)
    await vi.advanceTimersByTimeAsync(0)
    dials[0]?.events.welcomed(welcome)
    dialer.leave('owner-paused', failure)
    expect(dials[0]?.left).toEqual(['owner-paused'])
    end('owner-paused', 5)
    await vi.advanceTimersByTimeAsync(backOffMsMax)
    expect(dials).toHaveLength(1)
    expect(dialer.status).toEqual({ phase: 'idle' })
    dialer.want(relayUrl)
    await vi.advanceTimersByTimeAsync(0)
    expect(dials).toHaveLength(2)
  })

  it('the last words of an old link do not touch the new one', async () => {
    const { dialer, dials } = dialing()
    dialer.want(relayUrl)
    await vi.advanceTimersByTimeAsync(0)
    dialer.leave('owner-paused', failure)
    dialer.want(relayUrl)
    await vi.advanceTimersByTimeAsync(0)
    dials[1]?.events.welcomed(welcome)
    dials[0]?.events.running(7)
    dials[0]?.events.ended({ code: 'owner-paused', detail: '', redialAfterMs: null, stoodMs: 1 })
    expect(dialer.status).toMatchObject({ phase: 'linked', exchangesInFlight: 0 })
  })

  it('a link that comes up after it was given up is left at once', async () => {
    const { dialer, dials } = dialing()
    dialer.want(relayUrl)
    dialer.leave('owner-paused', failure)
    await vi.advanceTimersByTimeAsync(0)
    expect(dials[0]?.left).toEqual(['node-leaving'])
  })

  it('plain http to another machine is never dialled', async () => {
    const { dialer, dials } = dialing()
    dialer.want('http://relay.example.org')
    await vi.advanceTimersByTimeAsync(backOffMsMax)
    expect(dials).toEqual([])
    expect(dialer.status).toMatchObject({ phase: 'stopped' })
  })
})
