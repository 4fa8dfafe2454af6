import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import type { ActivityRow, CommandResult, PageHost } from '../messages/index.ts'
import { fill } from '../messages/language.ts'
import { ModalDialog } from './modal-dialog.tsx'
import type { Speech } from './speech.ts'

type RowDetailsProps = { row: ActivityRow; host: PageHost; speech: Speech; close(): void }

/** What the owner is about to refuse, or has refused, from this row. */
type Refusal = { name: string; question: string; done: string; send(): Promise<CommandResult> }
type Step =
  | { phase: 'reading' }
  | { phase: 'asking'; refusal: Refusal }
  | { phase: 'sending'; refusal: Refusal }
  | { phase: 'done'; sentence: string }
  | { phase: 'refused'; why: string }

/** Everything about one exchange, and how to have no more like it. */
export function RowDetails({ row, host, speech, close }: RowDetailsProps) {
  const step = useSignal<Step>({ phase: 'reading' })
  const send = async (refusal: Refusal) => {
    step.value = { phase: 'sending', refusal }
    const result = await refusal.send()
    step.value = result.ok
      ? { phase: 'done', sentence: fill(refusal.done, { name: refusal.name }) }
      : { phase: 'refused', why: result.detail }
  }
  return (
    <ModalDialog title={speech.words.details.title} closeLabel={speech.words.details.close} close={close}>
      <Facts row={row} speech={speech} />
      <StepView
        step={step.value}
        refusals={refusalsOf(row, host, speech)}
        speech={speech}
        ask={(refusal) => {
          step.value = { phase: 'asking', refusal }
        }}
        send={send}
        back={() => {
          step.value = { phase: 'reading' }
        }}
      />
    </ModalDialog>
  )
}

type NamedRefusal = { key: string; label: string; refusal: Refusal }

function refusalsOf({ hosts, customer }: ActivityRow, host: PageHost, { words }: Speech): NamedRefusal[] {
  const { refuse } = words
  const { id, label } = customer
  const sites = [...new Set(hosts)].map((name) => ({
    key: `site ${name}`,
    label: hosts.length > 1 ? `${refuse.site}: ${name}` : refuse.site,
    refusal: {
      name,
      question: refuse.siteQuestion,
      done: refuse.siteDone,
      send: () => host.background.sendCommand('refuseSite', { host: name }),
    },
  }))
  const ofCustomer = {
    key: 'customer',
    label: refuse.customer,
    refusal: {
      name: apart(label),
      question: refuse.customerQuestion,
      done: refuse.customerDone,
      send: () => host.background.sendCommand('refuseCustomer', { id, label }),
    },
  }
  return [...sites, ofCustomer]
}

/** A name of letters that run from right to left turns no sentence around: Unicode's isolate, where no element can stand. */
const apart = (name: string): string => `\u2068${name}\u2069`

type StepViewProps = {
  step: Step
  refusals: NamedRefusal[]
  speech: Speech
  ask(refusal: Refusal): void
  send(refusal: Refusal): void
  back(): void
}

function StepView({ step, refusals, speech, ask, send, back }: StepViewProps) {
  switch (step.phase) {
    case 'reading':
      return (
        <div class="log-actions">
          {refusals.map(({ key, label, refusal }) => (
            <button
              key={key}
              type="button"
              class="button"
              data-testid={key === 'customer' ? 'refuse-customer' : 'refuse-site'}
              onClick={() => ask(refusal)}
            >
              {label}
            </button>
          ))}
        </div>
      )
    case 'asking':
    case 'sending':
      return <Question step={step} speech={speech} send={send} back={back} />
    case 'done':
      return (
        <p class="notice notice-good" role="status" data-testid="refuse-done">
          {step.sentence}
        </p>
      )
    case 'refused':
      return (
        <p class="notice notice-bad" role="alert" data-testid="refuse-problem">
          {step.why}
        </p>
      )
  }
}

type QuestionProps = Pick<StepViewProps, 'speech' | 'send' | 'back'> & {
  step: Extract<Step, { phase: 'asking' | 'sending' }>
}

function Question({ step: { phase, refusal }, speech, send, back }: QuestionProps) {
  const { refuse } = speech.words
  const busy = phase === 'sending'
  return (
    <div class="notice log-question" data-testid="refuse-question">
      <p>
        <strong>{fill(refusal.question, { name: refusal.name })}</strong>
      </p>
      <p class="small">{refuse.hint}</p>
      <div class="log-actions">
        <button
          type="button"
          class="button button-main"
          disabled={busy}
          data-testid="refuse-yes"
          // biome-ignore lint/a11y/noAutofocus: the question has just been asked for, and Enter must not be far
          autoFocus
          onClick={() => send(refusal)}
        >
          {refuse.yes}
        </button>
        <button type="button" class="button" disabled={busy} onClick={back}>
          {refuse.no}
        </button>
      </div>
    </div>
  )
}

function Facts({ row, speech }: { row: ActivityRow; speech: Speech }) {
  const { words } = speech
  const { details } = words
  return (
    <dl class="facts log-facts">
      <Fact label={words.time}>{speech.wholeMoment(row.atUnixMs)}</Fact>
      <Fact label={row.hosts.length > 1 ? details.way : words.site}>
        {row.hosts.length > 0 ? row.hosts.join(' → ') : words.noSite}
      </Fact>
      <Fact label={words.method}>{row.method}</Fact>
      <Fact label={words.status}>{row.status ?? words.noStatus}</Fact>
      <Fact label={words.outcome}>{speech.outcome(row.outcome)}</Fact>
      <Fact label={words.toRelay}>{speech.bytesExactly(row.upBytes)}</Fact>
      <Fact label={words.fromRelay}>{speech.bytesExactly(row.downBytes)}</Fact>
      <Fact label={words.points}>{speech.points(row.units)}</Fact>
      <Fact label={details.took}>{fill(details.ms, { count: speech.count(row.tookMs) })}</Fact>
      <Fact label={words.customer}>
        <bdi>{row.customer.label}</bdi> <span class="mono soft">{row.customer.id}</span>
      </Fact>
      <Fact label={words.purpose}>
        <bdi>{row.customer.purpose ?? words.noPurpose}</bdi>
      </Fact>
      <Fact label={details.contact}>
        <bdi>{row.customer.contact ?? details.noContact}</bdi>
      </Fact>
      <Fact label={details.id}>
        <span class="mono">{row.exchangeId}</span>
        {row.attempt > 1 && `, ${fill(details.attempt, { count: row.attempt })}`}
      </Fact>
    </dl>
  )
}

function Fact({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </>
  )
}
