import type { Ref } from 'preact'

export type Choice<Value extends string> = { value: Value; label: string; hint: string }

type ChoiceGroupProps<Value extends string> = {
  name: string
  legend: string
  choices: readonly Choice<Value>[]
  /** Null while nothing is chosen, which is how a question begins. */
  chosen: Value | null
  choose(value: Value): void
  /** Said to be missing, after the owner wanted to go on without it. */
  missing?: string | undefined
  groupRef?: Ref<HTMLFieldSetElement>
}

/** A question with a few answers, one below the other. Test ids are `name-value`. */
export function ChoiceGroup<Value extends string>(props: ChoiceGroupProps<Value>) {
  const { name, legend, choices, chosen, choose, missing, groupRef } = props
  return (
    <fieldset
      ref={groupRef}
      class="choice-group"
      aria-describedby={missing ? `${name}-missing` : undefined}
      data-missing={missing !== undefined}
    >
      <legend>{legend}</legend>
      {missing && (
        <p id={`${name}-missing`} class="problem small" data-testid={`${name}-missing`}>
          {missing}
        </p>
      )}
      {choices.map((choice) => (
        <label key={choice.value} class="choice">
          <input
            type="radio"
            name={name}
            value={choice.value}
            checked={choice.value === chosen}
            onChange={() => choose(choice.value)}
            data-testid={`${name}-${choice.value}`}
          />
          <span>
            <span class="choice-label">{choice.label}</span>
            {choice.hint && <span class="choice-hint soft small">{choice.hint}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  )
}
