// The rooms of src: which way imports run, which files are open to other rooms, and that no files import in a circle.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { rooms } from '../scripts/rooms.ts'

/** A file below src, without its extension, and the files that it imports: types and dynamic imports included. */
interface Source {
  readonly file: string
  readonly imports: readonly string[]
}

const src = join(import.meta.dirname, '..', 'src')

const importsOf = (file: string, text: string): readonly string[] =>
  ts
    .preProcessFile(text, true, true)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((name) => name.startsWith('.'))
    .map((name) => normalize(join(dirname(file), name)).replace(/\.ts$/, ''))

const sourceOf = (file: string, text: string): Source => ({ file, imports: importsOf(file, text) })

const sources = (): readonly Source[] =>
  readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) =>
      sourceOf(
        name.replaceAll('\\', '/').slice(0, -'.ts'.length),
        readFileSync(join(src, name), 'utf8'),
      ),
    )

const places = new Map(rooms.map((room, place) => [room.name, { ...room, place }]))

const roomOf = (file: string) => places.get(dirname(file))

const wrongArrow = (from: string, to: string): string | undefined => {
  if (to.startsWith('..')) return undefined
  const importer = roomOf(from)
  const imported = roomOf(to)
  if (importer === undefined) return `${from} is in no room of scripts/rooms.ts`
  if (imported === undefined) return `${from} imports ${to}, which is in no room`
  if (importer === imported) return undefined
  if (imported.place > importer.place) return `${from} imports ${to} against the order of rooms`
  const closed = imported.open !== undefined && !imported.open.includes(relative(imported.name, to))
  return closed ? `${from} imports ${to}, which is private to ${imported.name}` : undefined
}

const wrongArrows = (all: readonly Source[]): readonly string[] =>
  all.flatMap(({ file, imports }) => imports.flatMap((to) => wrongArrow(file, to) ?? []))

/** The first circle that a walk over the imports meets, as the files on it. */
const circle = (all: readonly Source[]): readonly string[] | undefined => {
  const imports = new Map(all.map((source) => [source.file, source.imports]))
  const done = new Set<string>()
  const walk = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return undefined
    for (const next of imports.get(file) ?? []) {
      const found = walk(next, [...path, file])
      if (found !== undefined) return found
    }
    done.add(file)
    return undefined
  }
  for (const { file } of all) {
    const found = walk(file, [])
    if (found !== undefined) return found
  }
  return undefined
}

test('every file of src is in a room of the table, and every room has files', () => {
  const files = sources().map(({ file }) => dirname(file))
  expect(new Set(files)).toEqual(new Set(rooms.map(({ name }) => name)))
})

test('imports run from later rooms to earlier ones, and only to files that are open', () => {
  expect(wrongArrows(sources())).toEqual([])
})

test('no files of src import each other in a circle, types included', () => {
  expect(circle(sources())).toBeUndefined()
})

test('every file that a room opens exists and is imported by another room', () => {
  const all = sources()
  const used = new Set(
    all.flatMap(({ file, imports }) => imports.filter((to) => dirname(to) !== dirname(file))),
  )
  const unused = rooms.flatMap(({ name, open = [] }) =>
    open
      .filter((file) => file !== '' && !used.has(join(name, file)))
      .map((file) => `${name}/${file}`),
  )
  expect(unused).toEqual([])
})

describe('a planted import is refused', () => {
  const planted = [
    ['upward from a flat room', 'base/planted', "import '../core/verdict/check.ts'"],
    [
      'upward from a nested room',
      'core/oauth-client/planted',
      "import '../../backends/backend.ts'",
    ],
    [
      'upward between rooms of one floor',
      'core/token/planted',
      "import '../validator/create-validator.ts'",
    ],
    ['of a type', 'net/planted', "import type { Check } from '../core/verdict/check.ts'"],
    [
      'of an imported type expression',
      'mcp/planted',
      "export type T = import('../core/verdict/check.ts').Check",
    ],
    ['dynamic', 'core/keys/planted', "await import('../../cli/report/hints.ts')"],
    ['re-exported', 'layers/planted', "export { load } from '../config/load.ts'"],
    ['of a private file', 'core/validator/planted', "import '../possession/dpop-proof.ts'"],
    ['of a private file of a command', 'commands/planted', "import '../cli/login/store.ts'"],
    ['from the library to a backend', 'library/planted', "import '../backends/backend.ts'"],
    ['from index.ts to a private file', 'index', "import './core/validator/jwt-validator.ts'"],
    ['of index.ts', 'cli/serve/planted', "import '../../index.ts'"],
    ['from a folder without a room', 'core/nowhere/planted', "import '../../base/json.ts'"],
  ] as const

  test.each(planted)('%s', (_, file, text) => {
    expect(wrongArrows([sourceOf(file, text)])).toHaveLength(1)
  })

  test('in a circle', () => {
    const two = [
      sourceOf('base/one', "import type { Two } from './two.ts'"),
      sourceOf('base/two', "import { one } from './one.ts'"),
    ]
    expect(circle(two)).toEqual(['base/one', 'base/two', 'base/one'])
  })
})
