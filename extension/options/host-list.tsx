import { useSignal } from '@preact/signals'
import { useWords } from '../design/use-words.ts'
import { fill } from '../messages/index.ts'
import { hostNamesOf } from './host-name.ts'
import { noteId, SaveNote, useSettings } from './settings.tsx'

type HostListProps = {
  name: string
  title: string
  hint: string
  hosts: string[]
  save(hosts: string[]): void
}

/** A list of sites: type or paste names, take them out again. */
export function HostList({ name, title, hint, hosts, save }: HostListProps) {
  const { options } = useWords()
  const add = (names: string[]) => {
    const added = names.filter((host) => !hosts.includes(host))
    if (added.length > 0) save([...hosts, ...added])
  }
  return (
    <div class="host-list">
      <h3 id={`${name}-title`}>{title}</h3>
      <p class="soft small">{hint}</p>
      <HostForm name={name} title={title} add={add} />
      <SaveNote field={name} />
      <RemovableList
        testId={`${name}-list`}
        labelledBy={`${name}-title`}
        items={hosts.map((host) => ({ id: host, label: host }))}
        none={options.rules.none}
        remove={(gone) => save(hosts.filter((host) => host !== gone))}
      />
    </div>
  )
}

type HostFormProps = { name: string; title: string; add(names: string[]): void }

function HostForm({ name, title, add }: HostFormProps) {
  const { options } = useWords()
  const words = options.rules
  const { refuse, outcomeOf } = useSettings()
  const typed = useSignal('')
  const submit = (event: Event) => {
    event.preventDefault()
    const { names, wrong } = hostNamesOf(typed.value)
    if (wrong !== null) return refuse(name, fill(words.notHost, { typed: wrong }))
    typed.value = ''
    add(names)
  }
  return (
    <form class="input-row" onSubmit={submit} noValidate>
      <input
        type="text"
        inputMode="url"
        spellcheck={false}
        autocomplete="off"
        class="input-text"
        placeholder={words.placeholder}
        aria-label={`${title}: ${words.addLabel}`}
        aria-invalid={outcomeOf(name)?.phase === 'refused'}
        aria-describedby={noteId(name)}
        value={typed.value}
        onInput={(event) => {
          typed.value = event.currentTarget.value
        }}
        data-testid={`${name}-input`}
      />
      <button type="submit" class="button" data-testid={`${name}-add`}>
        {words.add}
      </button>
    </form>
  )
}

type RemovableListProps = {
  testId: string
  labelledBy: string
  items: { id: string; label: string }[]
  none: string
  remove(id: string): void
}

export function RemovableList({ testId, labelledBy, items, none, remove }: RemovableListProps) {
  const { options } = useWords()
  if (items.length === 0) return <p class="soft small">{none}</p>
  return (
    <ul class="removables" aria-labelledby={labelledBy} data-testid={testId}>
      {items.map(({ id, label }) => (
        <li key={id}>
          <bdi>{label}</bdi>
          <button
            type="button"
            class="remove"
            aria-label={fill(options.rules.remove, { name: label })}
            onClick={() => remove(id)}
          >
            <span aria-hidden="true">×</span>
          </button>
        </li>
      ))}
    </ul>
  )
}
