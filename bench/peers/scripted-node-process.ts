import { answerBodyBytesMax } from '#protocol'
import { connectScriptedNode, type ScriptedLane } from '../../relay-server/testing/scripted-node.ts'
import { bytesIn, piecesOf } from './sized-body.ts'

/** A node without a browser, in a process of its own: it answers `/bytes/N` by itself. Argument: the relay's address. */
const [relayUrl = ''] = process.argv.slice(2)

async function serve(lane: ScriptedLane): Promise<void> {
  const bytes = bytesIn(new URL(lane.open.url).pathname)
  const headers: [string, string][] = [['content-type', 'application/octet-stream']]
  if (bytes <= answerBodyBytesMax) return lane.answer({ headers, body: Buffer.concat([...piecesOf(bytes)]) })
  lane.head(200, headers)
  try {
    for (const piece of piecesOf(bytes)) await lane.chunk(piece)
    lane.end()
  } catch {
    lane.failed('stopped')
  }
}

await connectScriptedNode({ relayUrl, onLane: serve, keepsHistory: false })
process.stdout.write('linked\n')
