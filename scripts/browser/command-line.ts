import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const commandLineMain = fileURLToPath(new URL('../../command-line/main.ts', import.meta.url))
const commandMsMax = 60_000

/** Runs `fallow ... --json` beside the relay that keeps its data in `dataDir`, and gives what it printed. */
export function fallow<T>(dataDir: string, ...args: string[]): Promise<T> {
  const env = { ...process.env, FALLOW_DATA_DIR: dataDir, DATABASE_URL: undefined }
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [commandLineMain, ...args, '--json'],
      { env, timeout: commandMsMax },
      (error, stdout, stderr) => {
        if (error) reject(new Error(`fallow ${args.join(' ')} failed: ${stderr || stdout || error.message}`))
        else resolve(JSON.parse(stdout) as T)
      },
    )
  })
}

export type NewCustomer = { customerId: string; apiKey: string }

export type CustomerWish = {
  name: string
  /** Such as `10GiB`. */
  traffic: string
  purposes?: readonly string[]
  contact?: string
}

export function createCustomer(dataDir: string, customer: CustomerWish): Promise<NewCustomer> {
  const { name, traffic, purposes = ['ai-retrieval'], contact = 'ops@customer.example' } = customer
  const words = ['--name', name, '--traffic', traffic, '--contact', contact]
  const purposeWords = purposes.flatMap((purpose) => ['--purpose', purpose])
  return fallow(dataDir, 'customer', 'create', ...words, ...purposeWords)
}
