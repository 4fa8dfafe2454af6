import { type Signal, useSignal } from '@preact/signals'
import { useWords } from '../design/use-words.ts'
import { fill } from '../messages/index.ts'
import { noteId, SaveNote, useSettings } from './settings.tsx'
import { bytesOf, countOf, type TrafficUnit, trafficUnitNames, typedOf } from './traffic.ts'

type TrafficFieldProps = {
  name: string
  label: string
  bytes: number | null
  save(bytes: number | null): void
  /** What of it is used, as a sentence. */
  used: string
}

/** A cap: a number and its unit. Empty is no cap. What is typed is kept until it is saved. */
export function TrafficField({ name, label, bytes, save, used }: TrafficFieldProps) {
  const { options } = useWords()
  const words = options.limits
  const { refuse } = useSettings()
  const typed = useSignal<string | null>(null)
  const chosenUnit = useSignal<TrafficUnit | null>(null)
  const kept = typedOf(bytes)
  const unit = chosenUnit.value ?? kept.unit
  const commit = () => {
    const wanted = bytesOf({ amount: typed.value ?? kept.amount, unit })
    if (wanted === 'not-a-number') return refuse(name, words.notNumber)
    typed.value = null
    if (wanted !== null) chosenUnit.value = null
    if (wanted !== bytes) save(wanted)
  }
  return (
    <div class="field-row">
      <label for={name}>{label}</label>
      <span class="field-inputs">
        <NumberInput
          name={name}
          kept={kept.amount}
          typed={typed}
          commit={commit}
          inputMode="decimal"
          placeholder={words.noCap}
          describedBy={`${name}-used`}
        />
        <UnitSelect
          name={name}
          label={label}
          unit={unit}
          choose={(wanted) => {
            chosenUnit.value = wanted
            commit()
          }}
        />
      </span>
      <span id={`${name}-used`} class="field-used soft small numbers">
        {used}
      </span>
      <SaveNote field={name} />
    </div>
  )
}

type UnitSelectProps = { name: string; label: string; unit: TrafficUnit; choose(unit: TrafficUnit): void }

function UnitSelect({ name, label, unit, choose }: UnitSelectProps) {
  const { options } = useWords()
  return (
    <select
      aria-label={`${label}: ${options.limits.unit}`}
      value={unit}
      onChange={(event) => choose(event.currentTarget.value as TrafficUnit)}
      data-testid={`${name}-unit`}
    >
      {trafficUnitNames.map((unitName) => (
        <option key={unitName}>{unitName}</option>
      ))}
    </select>
  )
}

type CountFieldProps = {
  name: string
  label: string
  count: number | null
  least: number
  most: number
  unit?: string
  hint?: string
  /** Whether nothing typed means something: no limit. */
  mayBeEmpty?: boolean
  save(count: number | null): void
}

/** A whole number between two others. */
export function CountField(props: CountFieldProps) {
  const { name, label, count, least, most, unit, hint, mayBeEmpty = false, save } = props
  const { options } = useWords()
  const { refuse } = useSettings()
  const typed = useSignal<string | null>(null)
  const kept = count === null ? '' : String(count)
  const commit = () => {
    const text = typed.value ?? kept
    const isEmpty = mayBeEmpty && text.trim() === ''
    const wanted = isEmpty ? null : countOf(text, least, most)
    if (!isEmpty && wanted === null) return refuse(name, fill(options.limits.notCount, { least, most }))
    typed.value = null
    if (wanted !== count) save(wanted)
  }
  return (
    <div class="field-row">
      <label for={name}>{label}</label>
      <span class="field-inputs">
        <NumberInput
          name={name}
          kept={kept}
          typed={typed}
          commit={commit}
          inputMode="numeric"
          describedBy={hint ? `${name}-hint` : ''}
        />
        {unit && <span>{unit}</span>}
      </span>
      {hint && (
        <span id={`${name}-hint`} class="field-used soft small">
          {hint}
        </span>
      )}
      <SaveNote field={name} />
    </div>
  )
}

type NumberInputProps = {
  name: string
  /** What is saved. */
  kept: string
  /** What was typed since, null for nothing. */
  typed: Signal<string | null>
  commit(): void
  inputMode: 'decimal' | 'numeric'
  placeholder?: string
  describedBy: string
}

/** A text field, because a number field hides what it cannot read, and changes under a mouse's wheel. */
function NumberInput({ name, kept, typed, commit, describedBy, ...rest }: NumberInputProps) {
  const { outcomeOf } = useSettings()
  return (
    <input
      {...rest}
      id={name}
      type="text"
      autocomplete="off"
      class="input-number"
      value={typed.value ?? kept}
      onInput={(event) => {
        typed.value = event.currentTarget.value
      }}
      onChange={commit}
      aria-invalid={outcomeOf(name)?.phase === 'refused'}
      aria-describedby={`${noteId(name)} ${describedBy}`.trim()}
      data-testid={name}
    />
  )
}
