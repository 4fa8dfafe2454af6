import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type TargetSite = {
  url: string
  port: number
  /** Requests in order of arrival, with their whole bodies. */
  requests: { method: string; path: string; headers: [string, string][]; body: Buffer }[]
  stop(): Promise<void>
}

/** A web site on loopback that answers as the test says. `answer` is called when the request's body is there. */
export async function startTargetSite(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<TargetSite> {
  const requests: TargetSite['requests'] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const headers = pairs(request.rawHeaders)
    requests.push({
      method: request.method ?? '',
      path: request.url ?? '',
      headers,
      body: Buffer.concat(chunks),
    })
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function pairs(raw: string[]): [string, string][] {
  const list: [string, string][] = []
  for (let at = 0; at < raw.length; at += 2) list.push([raw[at] as string, raw[at + 1] as string])
  return list
}
