// Skips the tests of test/quarantine.ts, and prints each where it is skipped.
import { beforeEach, type RunnerTestCase } from 'vitest'
import { quarantine } from '../quarantine.ts'

const fullName = (test: RunnerTestCase): string => {
  const names = [test.name]
  for (let suite = test.suite; suite !== undefined && suite.name !== ''; suite = suite.suite) {
    names.unshift(suite.name)
  }
  return names.join(' > ')
}

if (quarantine.length > 0) {
  beforeEach(({ task, skip }) => {
    const entry = quarantine.find(({ test }) => test === fullName(task as RunnerTestCase))
    if (entry === undefined) return
    console.warn(`quarantined: ${entry.test}: ${entry.why}`)
    skip(`quarantined: ${entry.why}`)
  })
}
