import type { NodeController } from '../node-controller.ts'
import { openAgreement, type PlayedWorld, playWorld, wakeNode } from './owned-node.ts'
import { type ScriptedRelay, startScriptedRelay } from './scripted-relay.ts'
import { startTargetSite, type TargetSite } from './target-site.ts'

export const text = { version: '1', sha256: 'def', language: 'ja' as const }
export const agreement = { ...openAgreement, ...text }
/** What a test started by itself is ended with the rest. */
export const toStop: (() => Promise<void>)[] = []

export type World = PlayedWorld & { relay: ScriptedRelay; target: TargetSite }

export async function makeWorld(): Promise<World> {
  const target = await startTargetSite((_, response) => response.end('a page'))
  const relay = await startScriptedRelay({ addressSpaceOverrides: [`127.0.0.1:${target.port}=public`] })
  toStop.push(relay.stop, target.stop)
  return { ...playWorld(), relay, target }
}

/** One life of the worker over what earlier ones left, ended with the test at the latest. */
export async function wakeWorker(world: World, browserHas?: { access?: boolean; lock?: boolean }) {
  const worker = await wakeNode(world, world.relay, browserHas)
  toStop.push(worker.stop)
  return worker
}

export const sharingOf = (node: NodeController) => node.view().sharing

/** Everything that was started, ended in the opposite order. Call after each test. */
export async function stopAll(): Promise<void> {
  for (const stop of toStop.splice(0).reverse()) await stop()
}
