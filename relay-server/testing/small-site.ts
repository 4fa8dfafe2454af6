import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type SmallSite = {
  readonly port: number
  /** Every request, in the order of arrival. */
  readonly received: { path: string; host: string; headers: IncomingHttpHeaders }[]
  /** What stands at a path: a text, or whatever the function does. Everything else is 404. */
  pages: Record<string, string | ((response: ServerResponse) => void)>
  close(): Promise<void>
}

/** A web server on loopback that the relay itself asks: for its robots.txt, for its opt-out. */
export async function startSmallSite(pages: SmallSite['pages'] = {}): Promise<SmallSite> {
  const received: SmallSite['received'] = []
  const server = createServer(({ url: path = '', headers }, response) => {
    received.push({ path, host: headers.host ?? '', headers })
    const page = site.pages[path]
    if (typeof page === 'function') return page(response)
    response
      .writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/plain' })
      .end(page ?? 'nothing')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const site: SmallSite = {
    port: (server.address() as AddressInfo).port,
    received,
    pages,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return site
}
