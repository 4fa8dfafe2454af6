/**
 * Writes a small MMDB file (MaxMind DB format 2.0, https://maxmind.github.io/MaxMind-DB/): an IPv4 tree with 24-bit records,
 * then 16 zero bytes, the data section, the marker, and the metadata.
 */
export function mmdbOf(countries: Readonly<Record<string, string>>): Buffer {
  const codes = [...new Set(Object.values(countries))]
  const values = codes.map((code) => encode({ country: { iso_code: code } }))
  const offsetOf = (code: string) =>
    values.slice(0, codes.indexOf(code)).reduce((sum, value) => sum + value.length, 0)
  const tree = new Tree()
  for (const [network, code] of Object.entries(countries)) tree.add(network, offsetOf(code))
  return Buffer.concat([
    tree.bytes,
    Buffer.alloc(separatorBytes),
    ...values,
    marker,
    encode(metadataOf(tree.nodeCount)),
  ])
}

const separatorBytes = 16
const recordBits = 24
const marker = Buffer.concat([Buffer.from([0xab, 0xcd, 0xef]), Buffer.from('MaxMind.com')])

const metadataOf = (nodeCount: number): Value => ({
  binary_format_major_version: 2,
  binary_format_minor_version: 0,
  database_type: 'Fallow-Test-Country',
  ip_version: 4,
  node_count: nodeCount,
  record_size: recordBits,
})

type Leaf = { dataOffset: number }
type TreeNode = [TreeNode | Leaf | null, TreeNode | Leaf | null]

/** One node for each bit that must be looked at; each has a record for 0 and one for 1. */
class Tree {
  readonly #nodes: TreeNode[] = [[null, null]]

  get nodeCount(): number {
    return this.#nodes.length
  }

  add(network: string, dataOffset: number): void {
    const [address = '', prefixBits = '32'] = network.split('/')
    const bits = address
      .split('.')
      .flatMap((octet) => [...Number(octet).toString(2).padStart(8, '0')].map(Number))
    let node = this.#nodes[0] as TreeNode
    for (const bit of bits.slice(0, Number(prefixBits) - 1)) node = this.#childOf(node, bit)
    node[bits[Number(prefixBits) - 1] as 0 | 1] = { dataOffset }
  }

  /** A record holds a node's number, or "no data" (the number of nodes), or a place behind both: 16 and the data's offset. */
  get bytes(): Buffer {
    const records = Buffer.alloc(this.nodeCount * 6)
    for (const [index, node] of this.#nodes.entries())
      for (const bit of [0, 1] as const) records.writeUIntBE(this.#record(node[bit]), index * 6 + bit * 3, 3)
    return records
  }

  #childOf(node: TreeNode, bit: number): TreeNode {
    const child = node[bit as 0 | 1]
    if (Array.isArray(child)) return child
    // A smaller network inside a larger one: the rest of the larger one keeps its value.
    const made: TreeNode = [child ?? null, child ?? null]
    this.#nodes.push(made)
    node[bit as 0 | 1] = made
    return made
  }

  #record(entry: TreeNode | Leaf | null): number {
    if (entry === null) return this.nodeCount
    return Array.isArray(entry)
      ? this.#nodes.indexOf(entry)
      : this.nodeCount + separatorBytes + entry.dataOffset
  }
}

type Value = string | number | { [key: string]: Value }
const types = { text: 2, uint32: 6, map: 7 } as const

function encode(value: Value): Buffer {
  if (typeof value === 'string')
    return Buffer.concat([control(types.text, Buffer.byteLength(value)), Buffer.from(value)])
  if (typeof value === 'number') return Buffer.concat([control(types.uint32, 4), uint32(value)])
  const entries = Object.entries(value)
  return Buffer.concat([
    control(types.map, entries.length),
    ...entries.flatMap(([key, each]) => [encode(key), encode(each)]),
  ])
}

/** Type in the upper three bits, size in the lower five; 29 says that the size stands in the next byte. */
function control(type: number, size: number): Buffer {
  return size < 29 ? Buffer.from([(type << 5) | size]) : Buffer.from([(type << 5) | 29, size - 29])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
