import { OwnerQuestion } from '../design/owner-questions.tsx'
import { useWords } from '../design/use-words.ts'
import { fill } from '../messages/index.ts'
import { type Hours, hoursOf, presetHours, presetNames, scheduleOf } from './schedule.ts'
import { ScheduleGrid } from './schedule-grid.tsx'
import { SaveNote, useSettings } from './settings.tsx'

/** Mode, weekly plan, battery: all that decides when. */
export function WhenSection() {
  const { options } = useWords()
  const { now, save } = useSettings()
  return (
    <section class="card" id="when">
      <h2>{options.when.title}</h2>
      <OwnerQuestion question="mode" answers={now} answer={(changes) => save('mode', changes)} />
      <SaveNote field="mode" />
      <WeeklyPlan />
      <OwnerQuestion question="shareOnBattery" answers={now} answer={(changes) => save('battery', changes)} />
      <SaveNote field="battery" />
    </section>
  )
}

function WeeklyPlan() {
  const { options } = useWords()
  const words = options.when
  const { now, save } = useSettings()
  const hours = hoursOf(now.schedule)
  const change = (changed: Hours) => void save('schedule', { schedule: scheduleOf(changed) })
  const count = hours.filter(Boolean).length
  const summary = count === hours.length ? words.always : fill(words.hours, { hours: count })
  return (
    <div class="plan">
      <div class="plan-head">
        <h3>{words.schedule}</h3>
        <p class="soft numbers" data-testid="schedule-hours">
          {count === 0 ? words.never : summary}
        </p>
      </div>
      <ScheduleGrid hours={hours} change={change} />
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would draw a frame around a row of buttons */}
      <div class="chips" role="group" aria-label={words.presetsLabel}>
        {presetNames.map((name) => (
          <button
            key={name}
            type="button"
            class="chip"
            data-testid={`schedule-${name}`}
            onClick={() => change(presetHours(name))}
          >
            {words.presets[name]}
          </button>
        ))}
      </div>
      <SaveNote field="schedule" />
      <p class="soft small hint">{words.scheduleHint}</p>
    </div>
  )
}
