// The layout of a configuration in TOML: one form, nothing else changes.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'smol-toml'
import { expect, test } from 'vitest'
import { formatToml } from '../../src/config/format-toml.ts'

test.each([
  ['spaces around keys and values', 'a=1\nb   =  "x"  \n', 'a = 1\nb = "x"\n'],
  ['indentation', '[p]\n  a = 1\n\tb = 2\n', '[p]\na = 1\nb = 2\n'],
  ['spaces in headers', '[ a . b ]\nc = 1\n', '[a.b]\nc = 1\n'],
  [
    'a blank line before each table',
    '[a]\nx = 1\n[b]\n[[c]]\ny = 1',
    '[a]\nx = 1\n\n[b]\n\n[[c]]\ny = 1\n',
  ],
  ['one blank line for many', 'a = 1\n\n\n\nb = 2\n', 'a = 1\n\nb = 2\n'],
  ['no blank line at the beginning', '\n\na = 1\n', 'a = 1\n'],
  [
    'lists and inline tables on one line',
    'a = [ 1,2 ,3, ]\nb = {x=1,y = "2"}\nc = []\nd = {}',
    'a = [1, 2, 3]\nb = { x = 1, y = "2" }\nc = []\nd = {}\n',
  ],
  ['comments beside values', 'a = 1   #  one\n[t]# table\n', 'a = 1 #  one\n\n[t] # table\n'],
  [
    'comments before a table stay with it',
    'a = 1\n# about t\n# more\n[t]\nb = 1\n',
    'a = 1\n\n# about t\n# more\n[t]\nb = 1\n',
  ],
  ['quoted and dotted keys', '"a b" . c=1\n', '"a b".c = 1\n'],
  ['line ends of Windows', '[a]\r\nx=1\r\n', '[a]\nx = 1\n'],
  [
    'values over several lines',
    'a = """\n x=1\n"""\nb = [\n  1, # one\n  2\n]\n',
    'a = """\n x=1\n"""\nb = [\n  1, # one\n  2\n]\n',
  ],
  ['nothing', '', '\n'],
])('%s', (_, text, formatted) => {
  expect(formatToml(text)).toBe(formatted)
})

const examples = path.join(import.meta.dirname, '..', '..', 'examples')
const files = readdirSync(examples, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.toml'),
)

test.each(files)('%s: laid out once is laid out for good, and says the same', (file) => {
  const text = readFileSync(path.join(examples, file), 'utf8')
  const once = formatToml(text)
  expect(once).toBeTypeOf('string')
  expect(formatToml(once ?? '')).toBe(once)
  expect(parse(once ?? '')).toEqual(parse(text))
  const words = (source: string) => source.replaceAll(/\s+/g, '')
  expect(words(once ?? '')).toBe(words(text))
})
