// Makes a fresh clone ready, and is quick and silent when it is. It runs before every npm script, so it may use nothing
// but Node's own modules, as Node 20 has them; and it speaks on stderr alone, since some scripts print JSON on stdout.
//
//     node scripts/setup.mjs              packages and Node
//     node scripts/setup.mjs --browsers   and what a real browser needs

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const nodeMajorMin = 24
const lockWaitMs = 250
const aptAttempts = 6
const aptPauseMs = 5_000
const aptLockSeconds = 300

/** What the journeys and the demo start, each with the Debian package that brings it. */
const browserTools = [
  {
    name: 'Chromium',
    programs: ['chromium', 'chromium-browser'],
    variable: 'CHROMIUM_PATH',
    debian: 'chromium',
  },
  {
    name: 'Firefox ESR',
    programs: ['firefox-esr'],
    variable: 'FIREFOX_PATH',
    debian: 'firefox-esr',
  },
  { name: 'certutil', programs: ['certutil'], debian: 'libnss3-tools' },
  { name: 'Xvfb', programs: ['Xvfb'], debian: 'xvfb' },
  { name: 'openbox', programs: ['openbox'], debian: 'openbox' },
  { name: 'xdotool', programs: ['xdotool'], debian: 'xdotool' },
  { name: 'curl', programs: ['curl'], debian: 'curl' },
]

/** A machine without one font shows pages without one letter, and one without these the Japanese ones as boxes. */
const debianFonts = ['fonts-dejavu-core', 'fonts-noto-cjk']

class SetupError extends Error {}

try {
  setUp(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  say(error.message)
  process.exit(1)
}

function setUp(args) {
  if (!packagesAreInstalled()) alone(installPackages)
  checkNode()
  useGitHooks()
  if (args.includes('--browsers')) provideBrowserTools()
}

// --- packages

/** Nothing in node_modules is built for one version of Node, so the lock and the platform say all. */
function lockFingerprint() {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')))
  return hash.update(`${process.platform} ${process.arch}`).digest('hex')
}

function packagesAreInstalled() {
  const stamp = join(root, 'node_modules/.setup-stamp')
  const fingerprint = lockFingerprint()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) return true
  if (!installedByHand()) return false
  writeFileSync(stamp, fingerprint)
  return true
}

/** Whether somebody's own `npm install` left exactly what the lock names: then there is no need to install it again. */
function installedByHand() {
  const list = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(list)) return false
  const installed = JSON.parse(readFileSync(list, 'utf8')).packages
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const sameVersions = Object.keys(installed).every(
    (path) => wanted[path]?.version === installed[path].version,
  )
  const missing = Object.keys(wanted).filter((path) => path !== '' && !installed[path])
  return sameVersions && missing.every((path) => wanted[path].optional)
}

function installPackages() {
  if (packagesAreInstalled()) return
  say('Installing packages (once; about a minute) ...')
  const [program, ...npm] = npmCommand()
  // `npm run --silent` would hide from us, too, why an installation failed.
  const flags = [
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    '--include=dev',
    '--include=optional',
    '--loglevel=error',
  ]
  const { status, error } = run(program, [...npm, 'ci', ...flags])
  if (error || status !== 0)
    throw new SetupError(`npm ci failed${error ? `: ${error.message}` : ''}. See above for why.`)
  writeFileSync(join(root, 'node_modules/.setup-stamp'), lockFingerprint())
}

function npmCommand() {
  const { npm_execpath: npm, npm_node_execpath: node = process.execPath } = process.env
  return npm && /npm-cli\.c?js$/.test(npm) ? [node, npm] : ['npm']
}

/** Two scripts started at once on a fresh clone must not install over each other: the second waits for the first. */
function alone(action) {
  const lock = join(
    tmpdir(),
    `fallow-setup-${createHash('sha256').update(root).digest('hex').slice(0, 16)}.lock`,
  )
  while (!takeLock(lock)) pause(lockWaitMs)
  try {
    action()
  } finally {
    rmSync(lock, { force: true })
  }
}

function takeLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    if (!lives(readHolder(lock))) rmSync(lock, { force: true })
    return false
  }
}

function readHolder(lock) {
  try {
    return Number(readFileSync(lock, 'utf8'))
  } catch {
    return 0
  }
}

function lives(pid) {
  try {
    // A holder that has not written its id yet reads as 0, which is our own process group: alive.
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

// --- Node

/** `node` in an npm script is the one in node_modules where there is one for this platform. */
function checkNode() {
  if (majorOf(process.version) >= nodeMajorMin) return
  const { status, stdout } = spawnSync(join(root, 'node_modules/.bin/node'), ['--version'], {
    encoding: 'utf8',
  })
  if (status === 0 && majorOf(stdout) >= nodeMajorMin) return
  throw new SetupError(
    `Fallow runs on Node ${nodeMajorMin} or newer; this is ${process.version}, and npm has none for ${process.platform}-${process.arch} that runs here. Install Node ${nodeMajorMin} from https://nodejs.org and start again.`,
  )
}

function majorOf(version) {
  return Number(/^v(\d+)/.exec(version)?.[1])
}

// --- git

/** Only in a checkout of our own, and never over a choice that somebody made. */
function useGitHooks() {
  if (!existsSync(join(root, '.git'))) return
  const { status } = spawnSync('git', ['config', 'core.hooksPath'], { cwd: root })
  if (status === 1) spawnSync('git', ['config', 'core.hooksPath', '.githooks'], { cwd: root })
}

// --- browsers

function provideBrowserTools() {
  checkNamedBrowser()
  if (missingTools().length === 0) return
  if (!isDebian() || process.getuid?.() !== 0) throw new SetupError(installSentence(missingTools()))
  installWithApt(missingTools())
  if (missingTools().length > 0) throw new SetupError(installSentence(missingTools()))
}

function checkNamedBrowser() {
  for (const { variable } of browserTools) {
    const path = variable && process.env[variable]
    if (path && !isProgram(path)) throw new SetupError(`${variable} names ${path}, which is not a program.`)
  }
}

function missingTools() {
  return browserTools.filter(({ programs, variable }) => {
    return !(variable && process.env[variable]) && !programs.some(isOnPath)
  })
}

function isOnPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => isProgram(join(folder, program)))
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Debian itself: Ubuntu's package of Chromium is a snap, which needs more than apt-get. */
function isDebian() {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''
  return /^ID="?debian"?$/m.test(release)
}

function installWithApt(tools) {
  const packages = [...tools.map(({ debian }) => debian), ...debianFonts]
  say(`Installing ${packages.join(', ')} with apt-get (once) ...`)
  aptGet(['update', '-q'])
  aptGet([
    'install',
    '-q',
    '-y',
    '--no-install-recommends',
    '-o',
    `DPkg::Lock::Timeout=${aptLockSeconds}`,
    ...packages,
  ])
}

/** Tried again for a while: `update` does not wait for another apt-get, and mirrors have bad moments. */
function aptGet(args) {
  for (let attempt = 1; attempt <= aptAttempts; attempt++) {
    const { status } = run('apt-get', args, { DEBIAN_FRONTEND: 'noninteractive' })
    if (status === 0) return
    if (attempt < aptAttempts) pause(aptPauseMs)
  }
  throw new SetupError(`apt-get ${args[0]} failed ${aptAttempts} times. See above for why.`)
}

function installSentence(tools) {
  const names = tools.map(({ name }) => name).join(', ')
  const packages = tools.map(({ debian }) => debian).join(' ')
  return (
    `Missing on this machine: ${names}. The extension is tried in a real Chromium on a screen of its own (Xvfb), with a ` +
    `window manager and xdotool to answer the browser's prompts, and in a real Firefox, whose list of trusted authorities ` +
    `certutil writes. On Debian: apt-get install ${packages} (as root, this ` +
    `script does it). Elsewhere install them as your system does; CHROMIUM_PATH and FIREFOX_PATH name browsers that are ` +
    `not on the PATH.`
  )
}

// --- running, waiting, speaking

/** Runs a program with its whole output on our stderr. */
function run(program, args, env = {}) {
  return spawnSync(program, args, { cwd: root, stdio: ['ignore', 2, 2], env: { ...process.env, ...env } })
}

function pause(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

function say(sentence) {
  process.stderr.write(`setup: ${sentence}\n`)
}
