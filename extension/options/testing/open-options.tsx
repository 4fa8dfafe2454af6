import { signal } from '@preact/signals'
import { render } from '@testing-library/preact'
import { vi } from 'vitest'
import type { CommandFailureCode } from '../../messages/commands.ts'
import { createFakeHost, refusingAll } from '../../messages/fake-background.ts'
import type { OwnerView, PageHost } from '../../messages/index.ts'
import { OptionsPage } from '../options-page.tsx'

/** The options page over the played background in the state of `?fake=`. */
export function openOptions(fake: string, change: (host: PageHost) => PageHost = (host) => host) {
  const host = change(createFakeHost(new URLSearchParams(`fake=${fake}&still`)))
  const view = signal<OwnerView | null>(null)
  host.background.subscribeToOwnerView((newest) => {
    view.value = newest
  })
  const sendCommand = vi.spyOn(host.background, 'sendCommand')
  render(<OptionsPage host={host} view={view} />)
  return { host, sendCommand, view }
}

/** A background that refuses whatever is asked. */
export const refused =
  (code: CommandFailureCode, detail: string) =>
  (host: PageHost): PageHost => ({
    ...host,
    background: { ...host.background, sendCommand: refusingAll(code, detail) },
  })
