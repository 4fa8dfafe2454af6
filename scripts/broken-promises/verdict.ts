/** The part of vitest's JSON report that we read. */
export type JourneyReport = {
  testResults: readonly {
    message?: string
    assertionResults: readonly {
      fullName: string
      status: string
      failureMessages?: readonly string[] | null
    }[]
  }[]
}

/** `said`: what the failed test said, in a line. `why`: why nothing was shown. */
export type Verdict = { noticed: true; test: string; said: string } | { noticed: false; why: string }

/** A test that stumbled over its own code has noticed nothing. */
const stumbles = /^(TypeError|ReferenceError|SyntaxError|RangeError)\b/

/**
 * Has the test of this name failed, in a journey that began? One that could not be loaded, or whose house was never built, has
 * shown nothing; nor has one in which only other tests failed.
 */
export function verdictOf(report: JourneyReport | null, testName: string): Verdict {
  const ran = testsThatRan(report)
  if (ran.length === 0) return { noticed: false, why: `no test ran${complaintOf(report)}` }
  const named = ran.filter(({ fullName }) => fullName.includes(testName))
  if (named.length === 0) return { noticed: false, why: `the test did not run: ${testName}` }
  const failed = named.find(({ status }) => status === 'failed')
  if (!failed) return { noticed: false, why: 'its test passed' }
  const said = sentenceOf(failed.failureMessages?.[0] ?? '')
  if (stumbles.test(said)) return { noticed: false, why: `its test stumbled: ${said}` }
  return { noticed: true, test: failed.fullName, said }
}

/** Why the journey does not pass as it stands; null where every one of these tests ran and passed. */
export function whyNotSound(report: JourneyReport | null, testNames: readonly string[]): string | null {
  const ran = testsThatRan(report)
  if (ran.length === 0) return `no test ran${complaintOf(report)}`
  const failed = ran.find(({ status }) => status === 'failed')
  if (failed) return `${failed.fullName}: ${sentenceOf(failed.failureMessages?.[0] ?? '')}`
  const missing = testNames.find((name) => !ran.some(({ fullName }) => fullName.includes(name)))
  return missing === undefined ? null : `the test did not run: ${missing}`
}

const testsThatRan = (report: JourneyReport | null) =>
  (report?.testResults ?? [])
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'passed' || status === 'failed')

function complaintOf(report: JourneyReport | null): string {
  if (report === null) return ': it left no report'
  const message = report.testResults.map(({ message = '' }) => firstLine(message)).find((line) => line !== '')
  return message ? `: ${message}` : ''
}

const colours = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g')
const saidCharactersMax = 200

const firstLine = (text: string): string => linesOf(text)[0]?.slice(0, saidCharactersMax) ?? ''

/** A browser that waited in vain says further down what for. */
function sentenceOf(text: string): string {
  const waitedFor = linesOf(text).find((line) => line.startsWith('- waiting for '))
  return [firstLine(text), ...(waitedFor ? [waitedFor.slice('- '.length)] : [])].join(' ')
}

const linesOf = (text: string): string[] =>
  text
    .replace(colours, '')
    .trim()
    .split('\n')
    .map((line) => line.trim())
