import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'

const popupPicture = new URL('../../docs/images/popup.png', import.meta.url)

/** The page that the demo fetches when it is given no other. Its picture is part of it, so that there is something to carry. */
const pageWith = (picture: Buffer): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>A fallow field</title>
    <style>
      body { max-width: 36rem; margin: 4rem auto; font: 1.1rem/1.7 Georgia, serif; color: #2b2a26; background: #f6f1e4; }
      h1 { font-weight: normal; }
      img { max-width: 18rem; display: block; margin: 2rem auto; }
    </style>
  </head>
  <body>
    <h1>A fallow field</h1>
    <p>A field that rests is called fallow. Nothing is taken from it this year, and next year it gives more.</p>
    <p>Most lines to the internet rest for most of the day. Their owners pay for them all the same.</p>
    <p>This page came to you through such a line: a browser fetched it, because its owner had agreed.</p>
    <img alt="What the owner sees: the state, the points, and what was carried" src="data:image/png;base64,${picture.toString('base64')}">
  </body>
</html>
`

export type DemoSite = { readonly url: string; readonly port: number; close(): Promise<void> }

/** Serves the page on a free port of 127.0.0.1. */
export async function startDemoSite(): Promise<DemoSite> {
  const page = pageWith(await readFile(popupPicture))
  const server = createServer((_incoming, outgoing) => {
    outgoing.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    port,
    url: `http://127.0.0.1:${port}/`,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
