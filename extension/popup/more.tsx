import type { ComponentChildren } from 'preact'

type MoreProps = {
  title: string
  /** What is seen of it while it is closed. */
  glance: ComponentChildren
  testId: string
  opened?: () => void
  children: ComponentChildren
}

/** One line that opens: the browser's own disclosure, so that keyboard and screen reader know it. */
export function More({ title, glance, testId, opened, children }: MoreProps) {
  return (
    <details
      class="more"
      data-testid={testId}
      onToggle={(event) => {
        if (event.currentTarget.open) opened?.()
      }}
    >
      <summary>
        <span class="more-title">{title}</span>
        <span class="more-glance numbers">{glance}</span>
      </summary>
      <div class="more-body">{children}</div>
    </details>
  )
}
