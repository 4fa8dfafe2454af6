import { Agent, get } from 'node:http'

export type LoadTarget = { url: string; headers?: Record<string, string> }
export type LoadResult = { seconds: number; latenciesMs: number[]; bytes: number }

/** `requests` GETs, at most `concurrency` at once, over kept connections. Throws at the first answer that is not whole or not 200. */
export async function load(
  target: LoadTarget | ((index: number) => LoadTarget),
  options: { requests: number; concurrency: number },
): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: options.concurrency })
  const latenciesMs: number[] = []
  let bytes = 0
  let left = options.requests
  const worker = async () => {
    while (left > 0) {
      left -= 1
      const since = performance.now()
      const received = await getOnce(typeof target === 'function' ? target(left) : target, agent)
      bytes += received
      latenciesMs.push(performance.now() - since)
    }
  }
  const since = performance.now()
  await Promise.all(Array.from({ length: options.concurrency }, worker))
  agent.destroy()
  return { seconds: (performance.now() - since) / 1_000, latenciesMs, bytes }
}

function getOnce({ url, headers }: LoadTarget, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, headers }, (response) => {
      let bytes = 0
      response.on('data', (piece: Buffer) => {
        bytes += piece.length
      })
      response.on('error', reject)
      response.on('end', () => {
        if (response.statusCode === 200 && response.complete) resolve(bytes)
        else reject(new Error(`${url} answered ${response.statusCode} with ${bytes} bytes`))
      })
    })
    request.on('error', reject)
  })
}
