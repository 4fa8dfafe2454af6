import { createSocket } from 'node:dgram'

const typeA = 1
const typeTxt = 16
const typeAaaa = 28
const answerFlags = 0x8180
const pointerToQuestion = 0xc00c
const answerTtlSeconds = 60

export type NameServer = { address: string; asked: string[]; close(): void }

/**
 * A DNS server (RFC 1035) on loopback that knows addresses and TXT records of a few names; IPv6 addresses are given in all eight groups. An address that it does not know
 * it leaves unanswered; a TXT record that it does not know does not exist, unless the name is `silent`.
 */
export function startNameServer(
  addresses: Record<string, string>,
  {
    texts = {},
    addressesV6 = {},
    silent = [],
  }: {
    texts?: Record<string, string>
    addressesV6?: Record<string, string>
    silent?: readonly string[]
  } = {},
): Promise<NameServer> {
  const socket = createSocket('udp4')
  const asked: string[] = []
  socket.on('message', (query, { port, address }) => {
    const { name, type, end } = readQuestion(query)
    asked.push(name)
    if (silent.includes(name) || (type !== typeTxt && addresses[name] === undefined)) return
    socket.send(answerTo(query.subarray(0, end), type, recordFor(name, type)), port, address)
  })
  const recordFor = (name: string, type: number): Buffer | null => {
    if (type === typeA) return Buffer.from((addresses[name] ?? '').split('.').map(Number))
    const groups = type === typeAaaa ? addressesV6[name]?.split(':') : undefined
    if (groups) return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex')
    const text = type === typeTxt ? texts[name] : undefined
    return text === undefined ? null : Buffer.concat([Buffer.from([text.length]), Buffer.from(text)])
  }
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

function answerTo(question: Buffer, type: number, data: Buffer | null): Buffer {
  const head = Buffer.from(question)
  head.writeUInt16BE(answerFlags, 2)
  head.writeUInt16BE(data === null ? 0 : 1, 6)
  head.writeUInt32BE(0, 8)
  if (data === null) return head
  const record = Buffer.alloc(12)
  record.writeUInt16BE(pointerToQuestion, 0)
  record.writeUInt16BE(type, 2)
  record.writeUInt16BE(1, 4)
  record.writeUInt32BE(answerTtlSeconds, 6)
  record.writeUInt16BE(data.length, 10)
  return Buffer.concat([head, record, data])
}
