import type { NodeListing } from '#points-ledger'
import { formatBytes, formatCount, formatPoints } from './amounts.ts'
import type { Command } from './command.ts'
import { formatMoment, printable, type TableColumn, tableOf } from './print.ts'

const nodeColumns: readonly TableColumn<NodeListing>[] = [
  { title: 'NODE', of: ({ nodeId }) => printable(nodeId) },
  { title: 'KIND', of: ({ kind }) => printable(kind) },
  { title: 'LAST SEEN (UTC)', of: ({ lastSeenAt }) => formatMoment(lastSeenAt) },
  { title: 'LINKS', align: 'right', of: ({ links }) => formatCount(links) },
  { title: 'CARRIED', align: 'right', of: ({ carriedBytes }) => formatBytes(carriedBytes) },
  { title: 'ACCOUNT', of: ({ accountId }) => accountId },
  { title: 'POINTS', align: 'right', of: ({ accountUnits }) => formatPoints(accountUnits) },
]

const listNodes: Command = {
  group: 'node',
  name: 'list',
  summary: 'show all nodes, what they carried and the points of their accounts',
  options: [],
  example: 'fallow node list',
  run: async (ledger) => {
    const nodes = await ledger.listNodes()
    const none = 'There are no nodes yet: install the extension and agree to share.'
    return { json: nodes, text: tableOf(nodes, nodeColumns, none) }
  },
}

export const nodeCommands: readonly Command[] = [listNodes]
