import type { ComponentChildren } from 'preact'

/** One line of a list of facts. */
export function Fact({
  label,
  testId,
  children,
}: {
  label: string
  testId: string
  children: ComponentChildren
}) {
  return (
    <>
      <dt>{label}</dt>
      <dd data-testid={testId}>{children}</dd>
    </>
  )
}
