import { once } from 'node:events'
import { createServer } from 'node:net'

/** A port of 127.0.0.1 that nobody listens on at this moment: the preferred one where it is free. */
export const freePort = (preferred = 0): Promise<number> => freePortOf('127.0.0.1', preferred)

/** A port that is free at every address of this machine at this moment. */
export const freePortEverywhere = (): Promise<number> => freePortOf('::', 0)

async function freePortOf(address: string, preferred: number): Promise<number> {
  const server = createServer().listen(preferred, address)
  try {
    await once(server, 'listening')
  } catch (error) {
    if (preferred === 0) throw error
    return freePortOf(address, 0)
  }
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
