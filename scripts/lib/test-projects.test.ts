import { expect, test } from 'vitest'
import config from '../../vitest.config.ts'
import { testProjects } from './test-projects.ts'

test('whatever vitest knows as a project is run by npm test', () => {
  const { projects = [] } = config.test ?? {}
  const known = projects.map((project) =>
    typeof project === 'object' && 'test' in project ? project.test?.name : project,
  )
  expect(Object.values(testProjects).flat()).toEqual(known)
})
