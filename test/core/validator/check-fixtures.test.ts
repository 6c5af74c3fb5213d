// Every check about tokens and introspection answers: seen to pass once, seen to complain once, in words that are pinned down.
import { describe, expect, test } from 'vitest'
import { hintOf, problemCodes, problemSpec } from '../../../src/problems/problem.ts'
import { problemFrom, type Check, type FailedCheck } from '../../../src/core/verdict/check.ts'
import { bindingFixtures } from '../../fixtures/checks/binding.ts'
import type { Checks, Fixture } from '../../fixtures/checks/ask.ts'
import { claimFixtures, timeFixtures } from '../../fixtures/checks/claims.ts'
import { inputFixtures } from '../../fixtures/checks/input.ts'
import { introspectionFixtures } from '../../fixtures/checks/introspection.ts'
import { keyFixtures } from '../../fixtures/checks/keys.ts'
import { signatureFixtures, structureFixtures } from '../../fixtures/checks/signed.ts'

const groups: Readonly<Record<string, readonly Fixture[]>> = {
  input: inputFixtures,
  structure: structureFixtures,
  signature: signatureFixtures,
  claims: claimFixtures,
  time: timeFixtures,
  binding: bindingFixtures,
  key: keyFixtures,
  introspection: introspectionFixtures,
}

const fixtures = Object.values(groups).flat()

test.each(Object.keys(groups))('every check of the group %s has its fixture', (group) => {
  const wanted = problemCodes.filter((id) => problemSpec(id).group === group)
  expect(groups[group]?.map(({ id }) => id).toSorted()).toEqual(wanted.toSorted())
})

const complaints = (checks: readonly Check[], { id }: Fixture) =>
  checks.filter(
    (check) => check.id === id && (check.status === 'fail' || check.status === 'warn'),
  ) as FailedCheck[]

/** Keys of clients are made anew each time. */
const steady = (text: string): string => text.replaceAll(/[\w-]{43}/g, '(thumbprint)')

/** What a person reads about the finding. */
const told = (check: FailedCheck): string => {
  const { id, status, message } = check
  const { severity, spec } = problemSpec(id)
  const hint = steady(hintOf(problemFrom(check)))
  return [`${status} ${severity}  ${steady(message)}`, `fix: ${hint}`, `spec: ${spec}`].join('\n')
}

describe.each(fixtures)('$id', (fixture) => {
  const ask = async (checks: Checks) => complaints(await checks, fixture)

  test('passes', async () => {
    expect(await ask(fixture.good())).toEqual([])
  })

  test('complains once, and refuses only if it may', async () => {
    const found = await ask(fixture.bad())
    expect(found).toHaveLength(1)
    const { refuses } = problemSpec(fixture.id)
    expect(refuses === 'never' ? found[0]?.status : 'warn').toBe('warn')
    expect(refuses === 'always' ? found[0]?.status : 'fail').toBe('fail')
    expect(found[0]?.message).not.toMatch(/\{\w+\}/)
    expect(told(found[0]!)).toMatchSnapshot()
  })
})
