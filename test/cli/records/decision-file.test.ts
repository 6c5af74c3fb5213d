import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { unexplained } from '../../support/decisions.ts'
import { readDecisionFile } from '../../../src/cli/records/decision-file.ts'
import { decisionReport } from '../../../src/decisions/decision-report.ts'
import { fail, pass } from '../../../src/core/verdict/check.ts'
import { problemOf } from '../../../src/problems/problem.ts'
import { makeTempFolder, type TempFolder } from '../../support/command-line.ts'

let folder: TempFolder
let file: string
beforeEach(async () => {
  folder = await makeTempFolder()
  file = path.join(folder.path, 'decisions.jsonl')
})
afterEach(() => folder.remove())

const lineOf = (id: string): string => {
  const problem = problemOf('policy-rule', 'denied', { rule: 'night', target: 'tool "x"' })
  const decision = decisionReport({
    seq: 1,
    id,
    time: 0,
    outcome: 'rejected',
    problem,
    checks: [pass('policy-role'), fail(problem)],
    request: { method: 'tools/call', name: 'x', backend: 'b' },
    caller: { sub: 'alice', claimed: { iss: 'https://id.example.com' } },
    ...unexplained,
  })
  return `${JSON.stringify(decision)}\n`
}

const all = () => true

describe('the file of decisions', () => {
  test('is read with those that were renamed, oldest first', async () => {
    await folder.write('decisions.jsonl', lineOf('c'))
    await folder.write('decisions.jsonl.1', lineOf('b'))
    await folder.write('decisions.jsonl.2', lineOf('a'))
    const { decisions } = await readDecisionFile(file, all)
    expect(decisions.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
    expect(decisions[0]?.checks).toHaveLength(2)
  })

  test('that a crash has torn gives the decisions that are whole, and counts the others', async () => {
    const torn = lineOf('b').slice(0, 60)
    await folder.write('decisions.jsonl', `${lineOf('a')}${torn}\n${lineOf('c')}${torn}`)
    const { decisions, unread } = await readDecisionFile(file, all)
    expect([decisions.map(({ id }) => id), unread]).toEqual([['a', 'c'], 2])
  })

  test('gives those that are wanted, by their line', async () => {
    await folder.write('decisions.jsonl', lineOf('a') + lineOf('b') + lineOf('a'))
    const { decisions } = await readDecisionFile(file, (line) => line.includes('"id":"a"'))
    expect(decisions.map(({ id }) => id)).toEqual(['a', 'a'])
  })

  test.each([
    ['lines of another program', '{"level":"info"}\n', /contains no decision/],
    [
      'values of the wrong types',
      lineOf('a').replace('"checks":[', '"checks":[7,'),
      /contains no decision/,
    ],
    ['bytes', '\u0000\u0001\n', /contains no decision/],
  ])('with %s is refused', async (_, text, message) => {
    await folder.write('decisions.jsonl', text)
    await expect(readDecisionFile(file, all)).rejects.toThrow(message)
  })
})
