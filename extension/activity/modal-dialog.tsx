import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

type ModalDialogProps = { title: string; closeLabel: string; close(): void; children: ComponentChildren }

/** The browser's own modal dialog: it keeps the focus inside, gives it back at the end, and closes on Escape. */
export function ModalDialog({ title, closeLabel, close, children }: ModalDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => dialog.current?.showModal(), [])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it too, which is the dialog's own
    <dialog
      ref={dialog}
      class="log-dialog"
      aria-labelledby="dialog-title"
      data-testid="dialog"
      onClose={close}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <div class="log-dialog-inside">
        <header>
          <h2 id="dialog-title">{title}</h2>
          <button
            type="button"
            class="button-link"
            data-testid="dialog-close"
            onClick={() => dialog.current?.close()}
          >
            {closeLabel}
          </button>
        </header>
        {children}
      </div>
    </dialog>
  )
}
