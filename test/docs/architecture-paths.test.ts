// docs/architecture.md names files without their ending; each of them exists.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const page = readFileSync('docs/architecture.md', 'utf8')
const walks = page.slice(page.indexOf('<!-- /rooms -->'))
const rooms = readdirSync('src', { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
const named = [
  ...new Set(walks.match(new RegExp(`(?<![\\w/.])(?:${rooms.join('|')})/[a-z/-]*[a-z]`, 'g'))),
]

test('the page on the architecture names many files', () => {
  expect(named.length).toBeGreaterThan(15)
})

test.each(named)('the page on the architecture names %s, which exists', (path) => {
  expect(existsSync(`src/${path}.ts`) || existsSync(`src/${path}`)).toBe(true)
})
