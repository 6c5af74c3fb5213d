// The words that docs/glossary.md leaves out stay out of comments, messages and pages.
import { expect, test } from 'vitest'
import { allowedCounts, countsOf, occurrences, words } from '../../scripts/words.ts'

test('the glossary lists the words that are left out', () => {
  const list = words(
    '## Words we leave out\n\n| Word | Use instead |\n| --- | --- |\n| tell, tells | report |\n',
  )
  expect(list).toEqual(['tell', 'tells'])
})

test('no file has more words of that list than it had, and the list of exceptions only shrinks', () => {
  const counts = countsOf(occurrences())
  const allowed = allowedCounts()
  const files = new Set([...Object.keys(counts), ...Object.keys(allowed)])
  const changed = [...files]
    .map((file) => ({ file, found: counts[file] ?? 0, allowed: allowed[file] ?? 0 }))
    .filter(({ found, allowed: most }) => found !== most)
    .map(({ file, found, allowed: most }) =>
      found > most
        ? `${file}: ${found - most} more (npm run words shows them)`
        : `${file}: ${most - found} fewer (npm run words -- --shrink)`,
    )
  expect(changed).toEqual([])
})
