import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { DatabaseError, openDatabase } from './database.ts'
import { processLives, processWorksIn } from './embedded-postgres/process-life.ts'

const holderScript = fileURLToPath(new URL('testing/hold-database.ts', import.meta.url))
const waitMs = 30_000

const scale = Number(process.env.FALLOW_PROOF_SCALE ?? 1)
const openings = 6 * scale
const openingsMsMax = 60_000 * Math.max(1, scale)

let home: string
let dataDir: string

beforeEach(async () => {
  // mkdtemp makes a private folder (0700), as a checkout or a data folder may lie in.
  home = await mkdtemp(join(tmpdir(), 'fallow-database-'))
  dataDir = join(home, 'data folder')
})

afterEach(async () => {
  const pid = await postmasterPid()
  if (pid && processWorksIn(pid, await realpath(join(dataDir, 'postgres/data')))) process.kill(pid, 'SIGQUIT')
  await vi.waitFor(() => expect(pid !== undefined && processLives(pid)).toBe(false), waitMs)
  await rm(home, { recursive: true, force: true })
})

describe('a data folder', () => {
  test('is made on first use, private, and keeps what was written', async () => {
    const first = await openDatabase({ dataDir, as: 'relay' })
    await query(first.url, 'create table kept as select 42 as answer')
    await first.close()
    const second = await openDatabase({ dataDir, as: 'relay' })
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }])
    await second.close()
    expect((await stat(join(dataDir, 'postgres/password'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(dataDir, 'postgres/data'))).mode & 0o777).toBe(0o700)
  })

  test('holds a cluster with checksums, UTF-8, the C locale and every commit on the disk', async () => {
    const database = await openDatabase({ dataDir, as: 'relay' })
    const [settings] = await query(
      database.url,
      `select current_setting('data_checksums') checksums, current_setting('server_encoding') encoding,
         datcollate collate, current_setting('fsync') fsync, current_setting('synchronous_commit') commit,
         current_setting('listen_addresses') listen
       from pg_database where datname = current_database()`,
    )
    expect(settings).toEqual({
      checksums: 'on',
      encoding: 'UTF8',
      collate: 'C',
      fsync: 'on',
      commit: 'on',
      listen: '127.0.0.1',
    })
    await database.close()
  })

  test('answers a wrong password with a refusal', async () => {
    const database = await openDatabase({ dataDir, as: 'relay' })
    const wrong = new URL(database.url)
    wrong.password = 'guessed'
    await expect(query(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
    await database.close()
  })

  test('that is empty gets a new ledger', async () => {
    await mkdir(join(dataDir, 'postgres'), { recursive: true })
    const database = await openDatabase({ dataDir, as: 'relay' })
    await database.close()
    expect(existsSync(join(dataDir, 'postgres/data/PG_VERSION'))).toBe(true)
  })

  test('that lost its data is refused with a sentence, and left as it is', async () => {
    await makeCluster()
    await rm(join(dataDir, 'postgres/data'), { recursive: true })
    await expectRefusal('data-folder-unusable', /Restore it from a backup/)
    expect(existsSync(join(dataDir, 'postgres/data'))).toBe(false)
  })

  test('that lost its password is refused with a sentence', async () => {
    await makeCluster()
    await writeFile(join(dataDir, 'postgres/password'), '')
    await expectRefusal('data-folder-unusable', /"password"/)
  })

  test('of another PostgreSQL version is refused with a sentence', async () => {
    await makeCluster()
    await writeFile(join(dataDir, 'postgres/data/PG_VERSION'), '15\n')
    await expectRefusal('data-folder-version', /made by PostgreSQL 15/)
  })

  test('with a damaged control file is refused with what PostgreSQL says', async () => {
    await makeCluster()
    await writeFile(join(dataDir, 'postgres/data/global/pg_control'), Buffer.alloc(8192, 0xff))
    await expectRefusal('start-failed', /FATAL/)
  })

  test('whose password no longer fits is refused with a sentence', async () => {
    await makeCluster()
    await writeFile(join(dataDir, 'postgres/password'), 'another')
    await expectRefusal('unreachable', /password authentication failed/)
  })

  test('that is a file is refused with a sentence', async () => {
    await writeFile(dataDir, 'not a folder')
    await expectRefusal('data-folder-unusable', /FALLOW_DATA_DIR/)
  })

  test('starts again after a crash of the machine, when its process ids belong to others', async () => {
    await makeCluster()
    const pidFile = join(dataDir, 'postgres/data/postmaster.pid')
    await writeFile(
      pidFile,
      `${process.pid}\n${join(dataDir, 'postgres/data')}\n0\n5432\n\n127.0.0.1\n0 0\nready   \n`,
    )
    await makeCluster()
    expect(existsSync(pidFile)).toBe(false)
  })

  test('gets another port when its own was taken by a stranger', async () => {
    await makeCluster()
    const port = Number(await readFile(join(dataDir, 'postgres/port'), 'utf8'))
    const { createServer } = await import('node:net')
    const stranger = createServer().listen(port, '127.0.0.1')
    await once(stranger, 'listening')
    onTestFinished(() => void stranger.close())
    const database = await openDatabase({ dataDir, as: 'relay' })
    expect(new URL(database.url).port).not.toBe(String(port))
    await database.close()
  })
})

describe('one relay', () => {
  test('has the data folder alone: a second one is told so', async () => {
    const first = await openDatabase({ dataDir, as: 'relay' })
    await expectRefusal('data-folder-in-use', /Another relay is running/)
    expect(await query(first.url, 'select 1 as still')).toEqual([{ still: 1 }])
    await first.close()
    expect(await postmasterPid()).toBeUndefined()
  })

  test('that was killed leaves a PostgreSQL which the next one adopts, and stops in the end', async () => {
    const killed = await hold('relay')
    const pid = await postmasterPid()
    killed.child.kill('SIGKILL')
    await killed.ended
    expect(processLives(pid ?? 0)).toBe(true)

    const next = await openDatabase({ dataDir, as: 'relay' })
    expect(next.url).toBe(killed.url)
    expect(await postmasterPid()).toBe(pid)
    await next.close()
    expect(processLives(pid ?? 0)).toBe(false)
  })

  test('keeps its PostgreSQL through a SIGINT to its whole process group', async () => {
    const relay = await hold('relay')
    const pid = await postmasterPid()
    process.kill(-(relay.child.pid ?? 0), 'SIGINT')
    await relay.ended
    expect(processLives(pid ?? 0)).toBe(true)
    await makeCluster()
  })

  test('closed twice closes once', async () => {
    const database = await openDatabase({ dataDir, as: 'relay' })
    await Promise.all([database.close(), database.close()])
    await database.close()
    expect(await postmasterPid()).toBeUndefined()
  })

  test('starts PostgreSQL anew when that was killed under it, and still has the folder alone', async () => {
    const lost: DatabaseError[] = []
    const relay = await openDatabase({ dataDir, as: 'relay', onLost: (error) => lost.push(error) })
    process.kill((await postmasterPid()) ?? 0, 'SIGKILL')
    await vi.waitFor(
      async () => expect(await query(relay.url, 'select 1 as up')).toEqual([{ up: 1 }]),
      waitMs,
    )
    await expectRefusal('data-folder-in-use', /Another relay is running/)
    await relay.close()
    expect(lost).toEqual([])
    expect(await postmasterPid()).toBeUndefined()
  })
})

describe('a command', () => {
  test('beside a running relay uses its PostgreSQL and leaves it running', async () => {
    const relay = await openDatabase({ dataDir, as: 'relay' })
    const command = await openDatabase({ dataDir, as: 'command' })
    expect(command.url).toBe(relay.url)
    await command.close()
    expect(await query(relay.url, 'select 1 as still')).toEqual([{ still: 1 }])
    await relay.close()
    expect(await postmasterPid()).toBeUndefined()
  })

  test('alone starts PostgreSQL and stops it', async () => {
    const command = await openDatabase({ dataDir, as: 'command' })
    const pid = await postmasterPid()
    await command.close()
    expect(processLives(pid ?? 0)).toBe(false)
  })

  test('lets a relay start in its midst, which goes on when the command is done', async () => {
    const command = await openDatabase({ dataDir, as: 'command' })
    const relay = await openDatabase({ dataDir, as: 'relay' })
    await command.close()
    expect(await query(relay.url, 'select 1 as still')).toEqual([{ still: 1 }])
    await relay.close()
    expect(await postmasterPid()).toBeUndefined()
  })

  test('finishes its work after the relay has gone, and stops PostgreSQL then', async () => {
    const relay = await openDatabase({ dataDir, as: 'relay' })
    const command = await openDatabase({ dataDir, as: 'command' })
    await relay.close()
    expect(await query(command.url, 'select 1 as still')).toEqual([{ still: 1 }])
    await command.close()
    expect(await postmasterPid()).toBeUndefined()
  })

  test('and others, all at once on a folder that does not exist yet, each get in', async () => {
    const users = ['relay', 'command', 'command', 'command'] as const
    const held = await Promise.all(users.map((as) => hold(as)))
    expect(new Set(held.map(({ url }) => url)).size).toBe(1)
    for (const { child } of held) child.kill('SIGTERM')
    await Promise.all(held.map(({ ended }) => ended))
    expect(await postmasterPid()).toBeUndefined()
  })

  test(
    'opens while another closes, again and again, and nobody is turned away',
    async () => {
      await makeCluster()
      const openAndClose = async () => {
        for (let round = 0; round < openings; round++) {
          const command = await openDatabase({ dataDir, as: 'command' })
          expect(await query(command.url, 'select 1 as in')).toEqual([{ in: 1 }])
          await command.close()
        }
      }
      await Promise.all([openAndClose(), openAndClose(), openAndClose()])
      expect(await postmasterPid()).toBeUndefined()
    },
    openingsMsMax,
  )
})

describe('with DATABASE_URL', () => {
  test('nothing is started, nor a data folder made', async () => {
    const database = await openDatabase({ dataDir, databaseUrl: inject('testServerUrl'), as: 'relay' })
    expect(database).toMatchObject({ url: inject('testServerUrl'), embedded: false })
    await database.close()
    expect(existsSync(dataDir)).toBe(false)
  })

  test('a server that is not there is a sentence without the password', async () => {
    const databaseUrl = 'postgres://somebody:secret@127.0.0.1:1/nothing'
    const error = await openDatabase({ dataDir, databaseUrl, as: 'relay' }).catch((error) => error)
    expect(error).toBeInstanceOf(DatabaseError)
    expect(error.code).toBe('unreachable')
    expect(error.message).not.toContain('secret')
  })
})

describe.runIf(process.getuid?.() === 0)('as root', () => {
  // In a private checkout nobody else can start the binaries either: then this machine shows the next test alone.
  test.runIf(othersMayEnter(import.meta.dirname))(
    'where user namespaces are forbidden, PostgreSQL runs as nobody in a folder that all may enter',
    async () => {
      await chmod(home, 0o755)
      await mkdir(dataDir, { mode: 0o755 })
      const relay = await hold('relay', await pathWithout('unshare'))
      expect((await stat(join(dataDir, 'postgres/data'))).uid).toBe(65_534)
      expect(await query(relay.url, 'select 1 as up')).toEqual([{ up: 1 }])
      relay.child.kill('SIGTERM')
      await relay.ended
      await makeCluster()
    },
  )

  test('where nothing helps, a sentence says what to do', async () => {
    const path = await pathWithout('unshare', 'setpriv', 'runuser')
    await expect(hold('relay', path)).rejects.toMatchObject({ code: 'no-unprivileged-user' })
  })
})

function othersMayEnter(folder: string): boolean {
  const isOpen = (statSync(folder).mode & 0o001) !== 0
  return isOpen && (folder === dirname(folder) || othersMayEnter(dirname(folder)))
}

/** A PATH on which the named programs are there and fail, as where the system forbids what they do. */
async function pathWithout(...programs: string[]): Promise<string> {
  const folder = await mkdtemp(join(home, 'path-'))
  for (const program of programs) {
    await writeFile(join(folder, program), '#!/bin/sh\necho "Operation not permitted" >&2\nexit 1\n', {
      mode: 0o755,
    })
  }
  return [folder, process.env.PATH].join(delimiter)
}

type Holder = { child: ChildProcess; url: string; ended: Promise<unknown> }

/** Another process, in a process group of its own, that opens the database and holds it. */
async function hold(as: 'relay' | 'command', path = process.env.PATH): Promise<Holder> {
  const child = spawn(process.execPath, [holderScript, dataDir, as], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PATH: path },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  const [line] = await once(createInterface(child.stdout), 'line')
  const answer = JSON.parse(line)
  if (answer.code) throw new DatabaseError(answer.code, answer.sentence)
  return { child, url: answer.url, ended }
}

async function makeCluster(): Promise<void> {
  const database = await openDatabase({ dataDir, as: 'relay' })
  await database.close()
}

async function expectRefusal(code: string, sentence: RegExp): Promise<void> {
  const error = await openDatabase({ dataDir, as: 'relay' }).catch((error) => error)
  expect(error).toBeInstanceOf(DatabaseError)
  expect(error).toMatchObject({ code, message: expect.stringMatching(sentence) })
}

/** The process id in PostgreSQL's lock file, which it removes when it ends in order. */
async function postmasterPid(): Promise<number | undefined> {
  const text = await readFile(join(dataDir, 'postgres/data/postmaster.pid'), 'utf8').catch(() => '')
  return text === '' ? undefined : Number.parseInt(text, 10)
}

async function query(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}
