import { freshSettings, type OwnerView } from '../index.ts'

/** A node at rest, for tests and for the background that is played in a page: they change what they are about. */
export const quietView: OwnerView = {
  sharing: { phase: 'off', reason: 'connecting' },
  points: { units: '0' },
  carried: { todayBytes: 0, totalBytes: 0 },
  live: { bytesPerSecond: 0 },
  relay: { url: 'https://relay.example.org', linkedSince: null },
  node: { id: null, country: null },
  consent: null,
  settings: { ...freshSettings, mode: 'always', unlimitedConnection: true, shareOnBattery: false },
  pause: null,
  line: { hourBytes: 0, dayBytes: 0, monthBytes: 0 },
  days: [],
  quality: null,
  hints: [],
  devices: null,
  recent: [],
  activity: { newestId: 0, rows: 0 },
  managed: { relayUrl: false, off: false },
}
