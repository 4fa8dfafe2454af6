import { formatBytes, formatBytesExactly } from '../../extension/design/format.ts'
import type { JsonAnswer, Problem } from '../browser/customer.ts'
import type { PopupReading } from '../browser/owner.ts'
import { printable } from './arguments.ts'

const labelWidth = 11
const textWidth = 76
const previewLinesMax = 8

/** `label`, then what it is: one line of a block. */
const line = (label: string, text: string): string => `  ${label.padEnd(labelWidth)}${text}`

/** What came back, for somebody who sees it for the first time. */
export function describeAnswer(answer: JsonAnswer): string {
  const { timing, usage, node } = answer
  const type = answer.headers.find(([name]) => name === 'content-type')?.[1] ?? 'no content-type'
  const bytes = Buffer.byteLength(answer.body, answer.encoding === 'utf8' ? 'utf8' : 'base64')
  return [
    line('status', `${answer.status}, ${printable(type)}`),
    ...(answer.finalUrl ? [line('address', printable(answer.finalUrl))] : []),
    line(
      'body',
      `${formatBytesExactly(bytes, 'en')}${answer.truncated ? ', cut at the limit of a JSON answer' : ''}`,
    ),
    line('timing', `first byte after ${timing.firstByteMs} ms, the whole after ${timing.totalMs} ms`),
    line('node', `${node.pseudonym} (this customer’s name for it), country ${node.country ?? 'not known'}`),
    line('attempts', answer.attempts.map(({ outcome, ms }) => `${outcome} in ${ms} ms`).join(', ')),
    line(
      'carried',
      `${formatBytesExactly(usage.carriedBytes, 'en')} through the browser${usage.carriedBytes < bytes ? ', which packed them' : ''}`,
    ),
    line(
      'charged',
      usage.charged ? `yes, to the customer’s prepaid traffic` : 'no: an answer of this kind is free',
    ),
    '',
    ...previewOf(answer, type).map((text) => `  │ ${text}`),
  ].join('\n')
}

/** A failure, as the problem document tells it. */
export function describeProblem({
  title,
  detail,
  code,
  status,
  source,
  retryable,
  attempts,
  charged,
}: Problem): string {
  return [
    line('what', printable(title)),
    ...wrapped(printable(detail), textWidth - labelWidth).map((text, index) =>
      line(index === 0 ? 'detail' : '', text),
    ),
    line('code', `${code} (HTTP ${status}); the side that failed: ${source}`),
    line('again', retryable ? 'asking again may help' : 'asking again in the same way will not help'),
    ...(attempts.length > 0
      ? [line('attempts', attempts.map(({ outcome, ms }) => `${outcome} after ${ms} ms`).join(', '))]
      : []),
    line('charged', charged ? 'yes, for what was carried before it broke' : 'no'),
  ].join('\n')
}

/** What the owner of the browser sees now in the popup. */
export function describePopup({ phase, pointsShown, carriedTodayBytes, pointsUnits }: PopupReading): string {
  return [
    line('state', phase === 'sharing' ? 'Sharing' : 'Not sharing'),
    line('points', `${pointsShown} (${pointsUnits} millionths; one point for each MiB carried)`),
    line('carried', `${formatBytes(carriedTodayBytes, 'en')} today`),
  ].join('\n')
}

function previewOf({ body, encoding }: JsonAnswer, type: string): string[] {
  if (encoding !== 'utf8' || !/text|json|xml/.test(type)) return ['(no text, so it is not shown)']
  const lines = /html/.test(type) ? textOfHtml(body) : body.split('\n')
  const shown = lines
    .map((each) => printable(each).trim())
    .filter(Boolean)
    .flatMap((each) => wrapped(each, textWidth))
  return shown.length > previewLinesMax ? [...shown.slice(0, previewLinesMax), '…'] : shown
}

/** Only for a glance in the terminal: what a reader of the page would see, more or less. */
function textOfHtml(html: string): string[] {
  return html
    .replace(/<(head|style|script)\b[\s\S]*?<\/\1\s*>/gi, '')
    .replace(/\s+/g, ' ')
    .replace(/<(p|h\d|li|br|div|tr|section|article)\b/gi, '\n<')
    .replace(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&amp;', '&')
    .split('\n')
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let current = ''
  for (const word of text.split(/\s+/)) {
    const cut = word.slice(0, width)
    if (current && current.length + 1 + cut.length > width) {
      lines.push(current)
      current = cut
    } else current = current ? `${current} ${cut}` : cut
  }
  return current ? [...lines, current] : lines
}
