import { once } from 'node:events'
import { Agent, type ClientRequest, get, type IncomingMessage } from 'node:http'
import { residentBytes } from '../../scripts/browser/relay.ts'
import { type CpuMeters, countCpu, perRequest } from '../rig/cpu.ts'
import { type LoadTarget, load } from '../rig/load.ts'
import { startRelayUnderLoad } from '../rig/relay-under-load.ts'
import type { Row, Sample } from '../rig/row.ts'

const customers = 40
const path = '/bytes/1000000000'
const otherRequests = 1_000
const settleMs = 1_000

export const stalledCustomers: Row = {
  name: 'stalled-customers',
  what: `${customers} customers ask for 1 GB each and then read nothing: what the relay holds for one of them (growth of its memory, and of the bare server's), and how many GETs of 2 kB others get through meanwhile, with the CPU of each process for one of these.`,
  async prepare() {
    const rig = await startRelayUnderLoad()
    const { relay, server } = rig
    const sides = [
      { name: 'fallow', run: () => stall(rig.throughRelay, relay.pid, rig.relayMeters) },
      { name: 'bare server', run: () => stall(rig.direct, server.pid, rig.directMeters) },
    ]
    return { sides, close: rig.close }
  },
}

type TargetOf = (path: string, host: number) => LoadTarget

async function stall(targetOf: TargetOf, pid: number, meters: CpuMeters): Promise<Sample> {
  const before = residentBytes(pid)
  const stalled = await Promise.all(
    Array.from({ length: customers }, (_, index) => open(targetOf(path, index))),
  )
  // Every buffer on the way fills up; there is no event for "nothing moves any more".
  await new Promise((resolve) => setTimeout(resolve, settleMs))
  const held = residentBytes(pid) - before
  const next = (index: number) => targetOf('/bytes/2048', 100 + (index % 100))
  const others = () => load(next, { requests: otherRequests, concurrency: 8 })
  const [{ seconds }, used] = await countCpu(meters, others)
  for (const { request } of stalled) request.destroy()
  return {
    kibibytesHeldPerCustomer: held / customers / 1024,
    otherRequestsPerSecond: otherRequests / seconds,
    ...perRequest(used, otherRequests),
  }
}

async function open({ url, headers }: LoadTarget): Promise<{ request: ClientRequest }> {
  const request = get(url, { headers, agent: new Agent({ maxSockets: 1 }) })
  request.on('error', () => {})
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.on('error', () => {})
  response.pause()
  return { request }
}
