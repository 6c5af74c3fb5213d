// Every relative link of every Markdown file leads to a file of the repository, and its anchor to a heading of that file.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'

const root = path.join(import.meta.dirname, '..', '..')
const git = ['ls-files', '--cached', '--others', '--exclude-standard', '--', '*.md']
const pages = execFileSync('git', git, { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((name) => name !== '' && existsSync(path.join(root, name)))

const read = (page: string): string => readFileSync(path.join(root, page), 'utf8')

/** Code shows text that is no link and no heading. */
const withoutBlocks = (text: string): string =>
  text.replaceAll(/^ *(`{3,}|~{3,})[^\n]*\n[\s\S]*?^ *\1 *$/gm, '')

/** What GitHub makes of a heading: links become their text, marks go, blanks become hyphens. */
const slug = (heading: string): string =>
  heading
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/<[^>]*>/g, '')
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
    .replaceAll(' ', '-')

const anchorsOf = (text: string): ReadonlySet<string> => {
  const anchors = new Set<string>()
  for (const [, heading = ''] of withoutBlocks(text).matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const name = slug(heading)
    let anchor = name
    for (let count = 1; anchors.has(anchor); count++) anchor = `${name}-${count}`
    anchors.add(anchor)
  }
  for (const [, name = ''] of text.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(name)
  return anchors
}

const anchors = new Map<string, ReadonlySet<string>>()

/** Those of a page, which is read once. */
const anchorsIn = (page: string): ReadonlySet<string> => {
  const known = anchors.get(page) ?? anchorsOf(read(page))
  anchors.set(page, known)
  return known
}

const linksOf = (text: string): readonly string[] => {
  const prose = withoutBlocks(text).replaceAll(/(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, 'code')
  return [
    ...prose.matchAll(/\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)/g),
    ...prose.matchAll(/^ *\[[^\]]+\]: +<?([^\s>]+)/gm),
    ...prose.matchAll(/<(?:img|a)\b[^>]*?\b(?:src|href)="([^"]+)"/g),
  ].map(([, target = '']) => target)
}

const isRelative = (target: string): boolean => !/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(target)

/** What is wrong with a link of a page, or nothing. */
const fault = (page: string, target: string): string | undefined => {
  const [file = '', anchor] = target.split('#', 2)
  const place = file === '' ? page : path.join(path.dirname(page), decodeURIComponent(file))
  if (place.startsWith('..') || !existsSync(path.join(root, place)))
    return `${target}: no such file`
  if (anchor === undefined || !place.endsWith('.md')) return undefined
  return anchorsIn(place).has(decodeURIComponent(anchor)) ? undefined : `${target}: no such heading`
}

const faultsOf = (page: string, text: string): readonly string[] =>
  linksOf(text)
    .filter(isRelative)
    .flatMap((target) => fault(page, target) ?? [])

describe('the test itself', () => {
  test('reads a heading as GitHub does', () => {
    const text = '# A `code`, and [a link](x.md)!\n\n## Twice\n\n## Twice\n\n```sh\n# none\n```\n'
    expect([...anchorsOf(text)]).toEqual(['a-code-and-a-link', 'twice', 'twice-1'])
  })

  test('finds a file and a heading that do not exist, wherever a link can be written', () => {
    const text =
      '[a](no.md), ![b](README.md#no "title"), `[c](code.md)`, [d](https://example.com)\n\n[e]: gone.md\n<img src="no.png">\n'
    expect(faultsOf('README.md', text)).toEqual([
      'no.md: no such file',
      'README.md#no: no such heading',
      'gone.md: no such file',
      'no.png: no such file',
    ])
  })

  test('has pages to read', () => {
    expect(pages).toContain('README.md')
    expect(pages.length).toBeGreaterThan(50)
  })
})

test.each(pages)('%s: every link leads somewhere', (page) => {
  expect(faultsOf(page, read(page))).toEqual([])
})

test('docs/README.md, the index, leads to every page of docs', () => {
  const index = linksOf(read('docs/README.md')).map((target) => target.split('#')[0])
  const all = readdirSync(path.join(root, 'docs')).filter(
    (name) => name.endsWith('.md') && name !== 'README.md',
  )
  expect(all.filter((name) => !index.includes(name))).toEqual([])
})
