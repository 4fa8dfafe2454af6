/** The kinds of tests, and the projects of vitest.config.ts that each is run by: some journeys run when no other one does. */
export const testProjects = {
  unit: ['unit'],
  integration: ['integration'],
  journeys: ['journeys', 'journeys-alone'],
} as const satisfies Record<string, readonly string[]>

export type TestKind = keyof typeof testProjects
