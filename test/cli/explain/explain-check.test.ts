// The texts around the catalogue are as complete as the catalogue.
import { expect, it } from 'vitest'
import { groups } from '../../../src/problems/groups.ts'
import { questions } from '../../../src/problems/subjects.ts'
import { relatedTo } from '../../../src/problems/related.ts'
import { problemCodes, problemSpec } from '../../../src/problems/problem.ts'
import { explainText } from '../../../src/cli/explain/explain-check.ts'
import { plain } from '../../../src/cli/terminal/style.ts'

it.each(problemCodes)('%s has a group, a question and a page', (code) => {
  expect(groups[problemSpec(code).group]).toBeDefined()
  expect(questions[code]).toMatch(/^\S.*[^.]$/)
  const related = relatedTo(code)
  expect(related).not.toContain(code)
  for (const other of related) expect(relatedTo(other)).toContain(code)
  const page = explainText({ text: code, place: 'the argument' }, { columns: 80 })
  const lines = page.text(plain).split('\n')
  expect(lines[0]).toContain(code)
  // Only a word that cannot be broken may stand out.
  const wide = lines.filter((line) => line.length > 80 && line.trim().includes(' '))
  expect(wide).toEqual([])
})

it('an id is found whatever its case and the white space around it', () => {
  expect(
    explainText({ text: ' Claim-AUD ', place: 'the argument' }, { columns: undefined }).report
      .exact,
  ).toBe(true)
})
