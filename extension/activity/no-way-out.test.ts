import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { nodeFrames } from '#protocol'

/** What sends something anywhere, by a name that every script has. What is imported the house's walls look at. */
const senders =
  /\b(fetch|WebSocket|XMLHttpRequest|sendBeacon|EventSource|WebTransport|RTCPeerConnection|BroadcastChannel|importScripts|eval)\s*\(|\.src\s*=|\bform\.submit\b/

const inExtension = (path: string) => new URL(`../${path}`, import.meta.url)
const files = [
  ...readdirSync(inExtension('activity')).map((name) => `activity/${name}`),
  'storage/activity-store.ts',
  'background/activity-log.ts',
  'background/link-activity.ts',
].filter((path) => /\.tsx?$/.test(path) && !path.includes('.test.'))

test.each(files)('%s calls nothing that sends', (path) => {
  expect(readFileSync(inExtension(path), 'utf8')).not.toMatch(senders)
})

test('where something sends it would be found', () => {
  expect(files.length).toBeGreaterThan(12)
  expect(readFileSync(inExtension('background/index.ts'), 'utf8')).toMatch(senders)
})

test('no frame that a node can say is about the log', () => {
  expect(nodeFrames.filter((name) => /activity|log|row/.test(name))).toEqual([])
})
