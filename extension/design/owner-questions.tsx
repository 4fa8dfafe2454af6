import type { Ref } from 'preact'
import { type OwnerAnswers, type SharingMode, sharingModes } from '../messages/index.ts'
import { type Choice, ChoiceGroup } from './choice.tsx'
import { useWords } from './use-words.ts'

export const questionNames = ['mode', 'unlimitedConnection', 'shareOnBattery'] as const
export type QuestionName = (typeof questionNames)[number]

type OwnerQuestionProps = {
  question: QuestionName
  answers: OwnerAnswers
  answer(given: Partial<OwnerAnswers>): void
  missing?: string | undefined
  groupRef?: Ref<HTMLFieldSetElement>
}

/** One of the questions that only the owner can answer: in the agreement, and later in the options. */
export function OwnerQuestion({ question, answers, answer, ...rest }: OwnerQuestionProps) {
  const { questions } = useWords()
  if (question === 'mode')
    return (
      <ChoiceGroup<SharingMode>
        {...rest}
        name="mode"
        legend={questions.mode.legend}
        choices={sharingModes.map((value) => ({ value, ...questions.mode.answers[value] }))}
        chosen={answers.mode}
        choose={(mode) => answer({ mode })}
      />
    )
  const { name, words } = yesNoQuestions(questions)[question]
  const choices: Choice<'yes' | 'no'>[] = [
    { value: 'yes', ...words.yes },
    { value: 'no', ...words.no },
  ]
  const said = answers[question]
  return (
    <ChoiceGroup
      {...rest}
      name={name}
      legend={words.legend}
      choices={choices}
      chosen={said === null ? null : said ? 'yes' : 'no'}
      choose={(value) => answer({ [question]: value === 'yes' })}
    />
  )
}

const yesNoQuestions = (words: ReturnType<typeof useWords>['questions']) => ({
  unlimitedConnection: { name: 'unlimited', words: words.unlimited },
  shareOnBattery: { name: 'battery', words: words.battery },
})
