// Every check about what servers publish: seen to pass once, seen to complain, in words that are pinned down.
import { describe, expect, test } from 'vitest'
import { problemCodes, problemSpec, type ProblemCode } from '../../../src/problems/problem.ts'
import { isFinding, severityOf, type Check } from '../../../src/core/verdict/check.ts'
import { publishedFixtures } from '../../fixtures/checks/published.ts'

const groups = ['protected-resource', 'authorization-server', 'key-set', 'mcp-server']

/** Of the group network, what discover asks too. */
const certificates: readonly ProblemCode[] = ['net-tls', 'net-certificate']

/** The first needs certificates that only openssl makes; the others are the doctor's to ask, of its own proxy. */
const elsewhere = ['jwks-x5c', 'prm-reach', 'prm-configured', 'prm-audience']

test('every check of what servers publish has its fixture', () => {
  const wanted = problemCodes.filter(
    (id) => groups.includes(problemSpec(id).group) || certificates.includes(id),
  )
  const have = new Set([...publishedFixtures.map(({ id }) => id), ...elsewhere])
  expect(wanted.filter((id) => !have.has(id))).toEqual([])
})

/** Ports and moments differ from run to run. */
const steady = (text: string): string =>
  text
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:port')
    .replaceAll(/\d+ s (ahead|behind)/g, '# s $1')

describe.each(publishedFixtures)('$id $fault', ({ id, good, bad, severity }) => {
  const of = async (checks: readonly Check[] | Promise<readonly Check[]>) =>
    (await checks).filter((check) => check.id === id)

  test('passes', async () => {
    expect((await of(good())).map(({ status }) => status)).toEqual(['pass'])
  })

  test('complains once', async () => {
    const [found, ...more] = await of(bad())
    expect(more).toEqual([])
    expect(found !== undefined && isFinding(found)).toBe(true)
    if (found === undefined || !isFinding(found)) return
    expect(severityOf(found)).toBe(severity ?? problemSpec(id).severity)
    expect(found.message).not.toMatch(/\{\w+\}(?!\/)/)
    expect(`${found.status} ${severityOf(found)}  ${steady(found.message)}`).toMatchSnapshot()
  })
})
