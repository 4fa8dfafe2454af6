import { createSocket } from 'node:dgram'

const typeA = 1
const answerFlags = 0x8180
const pointerToQuestion = 0xc00c

export type NameServer = { address: string; asked: string[]; close(): void }

/** A DNS server (RFC 1035) on loopback that knows IPv4 addresses of a few names. What it does not know, it leaves unanswered. */
export function startNameServer(known: Record<string, string>): Promise<NameServer> {
  const socket = createSocket('udp4')
  const asked: string[] = []
  socket.on('message', (query, { port, address }) => {
    const { name, type, end } = readQuestion(query)
    asked.push(name)
    const found = known[name]
    if (found !== undefined)
      socket.send(answerTo(query.subarray(0, end), type === typeA ? found : null), port, address)
  })
  return new Promise((resolve) => {
    socket.bind(0, '127.0.0.1', () =>
      resolve({ address: `127.0.0.1:${socket.address().port}`, asked, close: () => socket.close() }),
    )
  })
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 }
}

function answerTo(question: Buffer, address: string | null): Buffer {
  const head = Buffer.from(question)
  head.writeUInt16BE(answerFlags, 2)
  head.writeUInt16BE(address === null ? 0 : 1, 6)
  head.writeUInt32BE(0, 8)
  if (address === null) return head
  const record = Buffer.alloc(16)
  record.writeUInt16BE(pointerToQuestion, 0)
  record.writeUInt16BE(typeA, 2)
  record.writeUInt16BE(1, 4)
  record.writeUInt32BE(60, 6)
  record.writeUInt16BE(4, 10)
  record.set(address.split('.').map(Number), 12)
  return Buffer.concat([head, record])
}
