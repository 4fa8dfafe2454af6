import type { Import } from './imports.ts'

/**
 * The walls of docs/ARCHITECTURE.md, kept here a second time: the lint rule of a room can be switched off in a line of the file that
 * breaks it, this list cannot.
 */
type Wall = {
  rule: string
  /** Is this file behind the wall? */
  holds(path: string): boolean
  /** May it import this? */
  allows(target: Import, path: string): boolean
}

const within = (path: string, ...folders: string[]): boolean =>
  folders.some((folder) => path.startsWith(`${folder}/`))
const isFile = (target: Import, ...folders: string[]): boolean =>
  target.kind === 'file' && within(target.target, ...folders)
const isPackage = (target: Import, ...names: string[]): boolean =>
  target.kind === 'package' &&
  names.some((name) => target.target === name || (name.endsWith(':') && target.target.startsWith(name)))
const isTest = (path: string): boolean => /\.test\.tsx?$|\/testing\//.test(path)
const isRoom = (target: Import): boolean =>
  isFile(
    target,
    'protocol',
    'addresses',
    'network-policy',
    'points-ledger',
    'relay-server',
    'command-line',
    'extension',
    'scripts',
    'e2e',
    'bench',
  )
const pages = [
  'extension/popup',
  'extension/options',
  'extension/consent',
  'extension/activity',
  'extension/offscreen',
]

const logFiles =
  /^extension\/(activity\/|storage\/activity-store\.ts|background\/(activity-log|link-activity)\.ts)/
const isLogOfActivity = (path: string): boolean => logFiles.test(path)
/** The database, the rates, and the shapes of frames as types. */
const carriesNothing = new Set([
  'extension/storage/index.ts',
  'extension/storage/database.ts',
  'extension/background/carried-days.ts',
  'protocol/index.ts',
])

const walls: readonly Wall[] = [
  {
    rule: 'protocol/ imports nothing',
    holds: (path) => within(path, 'protocol') && !isTest(path),
    allows: (target) => isFile(target, 'protocol'),
  },
  {
    rule: 'addresses/ imports nothing but ipaddr.js',
    holds: (path) => within(path, 'addresses') && !isTest(path),
    allows: (target) => isFile(target, 'addresses') || isPackage(target, 'ipaddr.js'),
  },
  {
    rule: 'network-policy/ imports nothing',
    holds: (path) => within(path, 'network-policy') && !isTest(path),
    allows: (target) => isFile(target, 'network-policy'),
  },
  {
    rule: 'protocol/, addresses/ and network-policy/ are tested by themselves',
    holds: (path) => within(path, 'protocol', 'addresses', 'network-policy') && isTest(path),
    allows: (target, path) => !isRoom(target) || isFile(target, path.split('/')[0] ?? ''),
  },
  {
    rule: 'points-ledger/ imports no other room',
    holds: (path) => within(path, 'points-ledger'),
    allows: (target) => !isRoom(target) || isFile(target, 'points-ledger'),
  },
  {
    rule: 'in points-ledger/ only store/ speaks to the database',
    holds: (path) => within(path, 'points-ledger') && !within(path, 'points-ledger/store') && !isTest(path),
    allows: (target) =>
      !isPackage(target, 'pg', 'drizzle-orm') && target.target !== 'points-ledger/store/drizzle.ts',
  },
  {
    rule: 'in the relay only main.ts imports points-ledger/',
    holds: (path) => within(path, 'relay-server') && path !== 'relay-server/main.ts' && !isTest(path),
    allows: (target) => !isFile(target, 'points-ledger'),
  },
  {
    rule: 'customers/ and nodes/ of the relay meet only in exchange/: customers/ imports no nodes/',
    holds: (path) => within(path, 'relay-server/customers'),
    allows: (target) => !isFile(target, 'relay-server/nodes'),
  },
  {
    rule: 'customers/ and nodes/ of the relay meet only in exchange/: nodes/ imports no customers/',
    holds: (path) => within(path, 'relay-server/nodes'),
    allows: (target) => !isFile(target, 'relay-server/customers'),
  },
  {
    rule: 'extension/ imports no room but protocol/, addresses/ and network-policy/',
    holds: (path) => within(path, 'extension'),
    allows: (target) =>
      !isRoom(target) || isFile(target, 'extension', 'protocol', 'addresses', 'network-policy'),
  },
  {
    rule: 'extension/ runs in a browser, without Node',
    holds: (path) => within(path, 'extension') && !isTest(path),
    allows: (target) => !isPackage(target, 'node:'),
  },
  {
    rule: 'only extension/platform/ imports webextension-polyfill',
    holds: (path) => !within(path, 'extension/platform') && !isTest(path),
    allows: (target) => !isPackage(target, 'webextension-polyfill'),
  },
  {
    rule: 'pages talk to the background through messages/ alone',
    holds: (path) => within(path, ...pages) && !isTest(path),
    allows: (target) => !isFile(target, 'extension/background', 'extension/storage'),
  },
  {
    rule: 'the owner’s log knows no way out: its page, its store and its recorder import only each other, the messages and the design',
    holds: (path) => isLogOfActivity(path) && !isTest(path),
    allows: (target, path) =>
      isFile(target, 'extension/activity', 'extension/messages', 'extension/design') ||
      isPackage(target, 'preact', 'preact/hooks', '@preact/signals', 'idb') ||
      (path === 'extension/activity/main.tsx' && target.target === 'extension/platform/page-host.ts') ||
      (target.kind === 'file' && (isLogOfActivity(target.target) || carriesNothing.has(target.target))),
  },
  {
    rule: 'scripts/, e2e/ and bench/ know of points-ledger/ only store/testing/, and ask the fallow command for the rest',
    holds: (path) => within(path, 'scripts', 'e2e', 'bench'),
    allows: (target) => !isFile(target, 'points-ledger') || isFile(target, 'points-ledger/store/testing'),
  },
  {
    rule: 'nobody imports e2e/',
    holds: (path) => !within(path, 'e2e'),
    allows: (target) => !isFile(target, 'e2e'),
  },
  {
    rule: 'nobody imports bench/',
    holds: (path) => !within(path, 'bench'),
    allows: (target) => !isFile(target, 'bench'),
  },
]

/** The walls that a file breaks with its imports, each as a sentence. */
export const brokenWalls = (path: string, imports: readonly Import[]): string[] =>
  walls
    .filter((wall) => wall.holds(path))
    .flatMap((wall) =>
      imports
        .filter((target) => !wall.allows(target, path))
        .map(({ target }) => `${path} imports ${target}, but ${wall.rule}`),
    )
