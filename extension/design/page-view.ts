import { type ReadonlySignal, signal } from '@preact/signals'
import type { OwnerView, PageHost } from '../messages/index.ts'

/** The newest snapshot as a signal, null until the background answers; the page's colours follow it. */
export function followOwnerView(host: PageHost): ReadonlySignal<OwnerView | null> {
  const view = signal<OwnerView | null>(null)
  host.background.subscribeToOwnerView((newest) => {
    view.value = newest
    showInColours(newest)
  })
  return view
}

/** The field is green while sharing and moves while something is carried: the style sheets read these two. */
function showInColours({ sharing }: OwnerView): void {
  document.body.dataset.phase = sharing.phase
  document.body.dataset.live = String(sharing.phase === 'sharing' && sharing.exchangesInFlight > 0)
}
