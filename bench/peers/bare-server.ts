import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { bytesIn, piecesOf } from './sized-body.ts'

/** The least that can be between a customer and the bytes: Node's own HTTP server. Prints its address. */
const server = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'application/octet-stream' })
  Readable.from(piecesOf(bytesIn(request.url ?? ''))).pipe(response)
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})
