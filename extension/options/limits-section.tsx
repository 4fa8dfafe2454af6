import { formatTraffic } from '../design/format.ts'
import { OwnerQuestion } from '../design/owner-questions.tsx'
import { useWords } from '../design/use-words.ts'
import { type ByteCaps, fill, lanesMaxDefault, type OwnerView } from '../messages/index.ts'
import { CountField, TrafficField } from './fields.tsx'
import { SaveNote, useSettings } from './settings.tsx'

const bytesPerKilobyte = 1_000
const rateKilobytesMax = 1_000_000
/** The last day that every month has. */
const resetDayMax = 28

const capNames = ['hour', 'day', 'month'] as const

/** Caps with what is used of them, the speed limit, and how much at once. */
export function LimitsSection({ line }: { line: OwnerView['line'] }) {
  const { options } = useWords()
  const words = options.limits
  const { now, save } = useSettings()
  const isMissingCap = now.unlimitedConnection === false && now.caps.monthBytes === null
  return (
    <section class="card" id="limits">
      <h2>{words.title}</h2>
      <p class="soft">{words.lead}</p>
      <OwnerQuestion
        question="unlimitedConnection"
        answers={now}
        answer={(changes) => save('unlimited', changes)}
      />
      <SaveNote field="unlimited" />
      {isMissingCap && (
        <p class="notice small" data-testid="cap-missing">
          {words.limited}
        </p>
      )}
      <div class="fields">
        {capNames.map((name) => (
          <Cap key={name} name={name} usedBytes={line[`${name}Bytes`]} />
        ))}
        <ResetDay />
        <Rate />
        <Lanes />
      </div>
    </section>
  )
}

function Cap({ name, usedBytes }: { name: (typeof capNames)[number]; usedBytes: number }) {
  const { options } = useWords()
  const words = options.limits
  const { now, save } = useSettings()
  const key = `${name}Bytes` as const satisfies keyof ByteCaps
  return (
    <TrafficField
      name={`cap-${name}`}
      label={words[name]}
      bytes={now.caps[key]}
      used={fill(words.used, { bytes: formatTraffic(usedBytes) })}
      save={(bytes) => save(`cap-${name}`, { caps: { ...now.caps, [key]: bytes } })}
    />
  )
}

function ResetDay() {
  const { options } = useWords()
  const { now, save } = useSettings()
  return (
    <div class="field-row">
      <label for="reset-day">{options.limits.resetDay}</label>
      <span class="field-inputs">
        <select
          id="reset-day"
          value={String(now.caps.monthResetDay)}
          onChange={(event) =>
            save('reset-day', { caps: { ...now.caps, monthResetDay: Number(event.currentTarget.value) } })
          }
          data-testid="reset-day"
        >
          {Array.from({ length: resetDayMax }, (_, index) => (
            <option key={`day-${index + 1}`}>{index + 1}</option>
          ))}
        </select>
      </span>
      <SaveNote field="reset-day" />
    </div>
  )
}

function Rate() {
  const { options } = useWords()
  const words = options.limits
  const { now, save } = useSettings()
  const { upBytesPerSecondMax } = now
  return (
    <CountField
      name="rate"
      label={words.rate}
      unit={words.rateUnit}
      hint={words.rateHint}
      least={1}
      most={rateKilobytesMax}
      mayBeEmpty
      count={upBytesPerSecondMax === null ? null : Math.round(upBytesPerSecondMax / bytesPerKilobyte)}
      save={(rate) => save('rate', { upBytesPerSecondMax: rate === null ? null : rate * bytesPerKilobyte })}
    />
  )
}

function Lanes() {
  const { options } = useWords()
  const words = options.limits
  const { now, save } = useSettings()
  return (
    <CountField
      name="lanes"
      label={words.lanes}
      hint={fill(words.lanesHint, { most: lanesMaxDefault })}
      least={1}
      most={lanesMaxDefault}
      count={now.lanesMax}
      save={(lanesMax) => lanesMax !== null && save('lanes', { lanesMax })}
    />
  )
}
