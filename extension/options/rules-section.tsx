import { useWords } from '../design/use-words.ts'
import type { DeniedCustomer, OwnerRules } from '../messages/index.ts'
import { HostList, RemovableList } from './host-list.tsx'
import { SaveNote, useSettings } from './settings.tsx'

/** What this owner refuses, whatever the network allows. */
export function RulesSection() {
  const { options } = useWords()
  const words = options.rules
  const { now, save } = useSettings()
  const { rules } = now
  const change = (field: string, changes: Partial<OwnerRules>) =>
    void save(field, { rules: { ...rules, ...changes } })
  return (
    <section class="card" id="rules">
      <h2>{words.title}</h2>
      <p class="soft">{words.lead}</p>
      <Categories
        denied={rules.deniedCategories}
        save={(deniedCategories) => change('categories', { deniedCategories })}
      />
      <HostList
        name="denied-hosts"
        title={words.denied}
        hint={words.deniedHint}
        hosts={rules.deniedHosts}
        save={(deniedHosts) => change('denied-hosts', { deniedHosts })}
      />
      <HostList
        name="allowed-hosts"
        title={words.allowed}
        hint={words.allowedHint}
        hosts={rules.allowedHosts}
        save={(allowedHosts) => change('allowed-hosts', { allowedHosts })}
      />
      <OnlyAllowed rules={rules} save={(onlyAllowed) => change('only-allowed', { onlyAllowed })} />
      <DeniedCustomers
        denied={rules.deniedCustomers}
        save={(deniedCustomers) => change('denied-customers', { deniedCustomers })}
      />
    </section>
  )
}

function Categories({ denied, save }: { denied: string[]; save(denied: string[]): void }) {
  const { options } = useWords()
  const words = options.rules
  return (
    <fieldset class="choice-group">
      <legend>{words.categories}</legend>
      <p class="soft small">{words.categoriesHint}</p>
      <div class="choice-columns">
        {Object.entries(words.categoryNames).map(([name, { label, hint }]) => (
          <label key={name} class="choice">
            <input
              type="checkbox"
              checked={denied.includes(name)}
              onChange={(event) => {
                const others = denied.filter((other) => other !== name)
                save(event.currentTarget.checked ? [...others, name] : others)
              }}
              data-testid={`category-${name}`}
            />
            <span>
              <span class="choice-label">{label}</span>
              <span class="choice-hint soft small">{hint}</span>
            </span>
          </label>
        ))}
      </div>
      <SaveNote field="categories" />
    </fieldset>
  )
}

function OnlyAllowed({ rules, save }: { rules: OwnerRules; save(only: boolean): void }) {
  const { options } = useWords()
  const words = options.rules
  return (
    <>
      <label class="choice">
        <input
          type="checkbox"
          checked={rules.onlyAllowed}
          onChange={(event) => save(event.currentTarget.checked)}
          data-testid="only-allowed"
        />
        <span>
          <span class="choice-label">{words.onlyAllowed}</span>
          {rules.onlyAllowed && rules.allowedHosts.length === 0 && (
            <span class="choice-hint problem small" data-testid="only-allowed-empty">
              {words.onlyAllowedEmpty}
            </span>
          )}
        </span>
      </label>
      <SaveNote field="only-allowed" />
    </>
  )
}

type DeniedCustomersProps = { denied: DeniedCustomer[]; save(denied: DeniedCustomer[]): void }

/** They are added from the list of what went through, where one sees what they asked for. */
function DeniedCustomers({ denied, save }: DeniedCustomersProps) {
  const { options } = useWords()
  return (
    <>
      <h3 id="denied-customers-title">{options.rules.customers}</h3>
      <RemovableList
        testId="denied-customers"
        labelledBy="denied-customers-title"
        items={denied}
        none={options.rules.customersNone}
        remove={(gone) => save(denied.filter(({ id }) => id !== gone))}
      />
      <SaveNote field="denied-customers" />
    </>
  )
}
