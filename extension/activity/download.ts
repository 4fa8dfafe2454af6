import type { ActivityRow } from '../messages/index.ts'
import { type ExportFormat, exportFormats } from './export-rows.ts'

/** The browser has read a file from memory long before. */
const keptMs = 60_000

/** Writes the rows into a file among the owner's downloads. It is made in this page; nothing leaves this machine. */
export async function downloadRows(rows: readonly ActivityRow[], format: ExportFormat): Promise<void> {
  const { mime, write } = exportFormats[format]
  const parts: string[] = []
  for (const part of write(rows)) {
    parts.push(part)
    await new Promise((resolve) => setTimeout(resolve))
  }
  const url = URL.createObjectURL(new Blob(parts, { type: mime }))
  const link = document.createElement('a')
  link.href = url
  link.download = `fallow-${new Date().toISOString().slice(0, 10)}.${format}`
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), keptMs)
}
