import 'fake-indexeddb/auto'
import { expect, it } from 'vitest'
import { openAgreement, playWorld, wakeNode } from './testing/owned-node.ts'
import { startScriptedRelay } from './testing/scripted-relay.ts'
import { startTargetSite } from './testing/target-site.ts'

it('what went through is read, shown and deleted without a word to the relay, and the days’ bytes stay', async () => {
  const target = await startTargetSite((_, response) => response.end('a page'))
  const relay = await startScriptedRelay({ addressSpaceOverrides: [`127.0.0.1:${target.port}=public`] })
  const { node, commands, stop } = await wakeNode(playWorld(), relay)
  await commands.agree(openAgreement)
  const link = await relay.nextLink()
  await link.next('present')
  await link.ask({ url: `${target.url}/secret?secret` })
  const told = link.frames.length
  const page = await commands.readActivity({ beforeId: null, afterId: null, limit: 10 })
  expect(page).toMatchObject({
    ok: true,
    value: { rows: [{ hosts: ['127.0.0.1'], upBytes: 6 }], isLast: true },
  })
  expect(node.view()).toMatchObject({ recent: [{ upBytes: 6 }], activity: { rows: 1 } })
  expect(JSON.stringify(page)).not.toContain('secret')
  await commands.clearActivity()
  expect(node.view()).toMatchObject({ recent: [], activity: { rows: 0 } })
  expect(node.view().days.at(-1)).toMatchObject({ carriedBytes: 6, units: '5' })
  expect(link.frames.slice(told)).toEqual([])
  await stop()
  await Promise.all([relay.stop(), target.stop()])
})
