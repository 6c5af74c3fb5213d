// What keeps a configuration from being read at all.
import { says, states, type Texts } from './spec.ts'

const write = ({ line }: Texts<'line'>): string => `write: ${line}`

/** A sentence whose remedy is the corrected line. */
const lineCase = (text: string, example: Texts<'line'>) =>
  says<Texts<'line'>>(() => text, example, write)

export const syntaxCases = {
  malformed: says(({ why }: Texts<'why'>) => `${why}`, {
    why: 'not well-formed YAML: wrong indentation',
  }),
  unquoted: lineCase('a string without quotes', { line: 'name = "desk"' }),
  colon: lineCase('a colon where TOML has an equals sign', { line: 'name = "desk"' }),
  boolean: lineCase('a boolean is true or false, in lower case', { line: 'hot_reload = true' }),
  null: says(
    ({ key }: Texts<'key'>) => `${key} has no value: TOML has no null`,
    { key: 'instructions' },
    'remove the line: a missing key has its default',
  ),
  'no-value': states('a key without a value', 'write: key = value'),
  'key-blank': states('a key with spaces', 'keys are single words, such as log_level'),
  'curly-quotes': lineCase('typographic quotes instead of straight ones', {
    line: 'name = "desk"',
  }),
  'open-quote': lineCase('a string without its closing quote', { line: 'name = "desk"' }),
  backslash: lineCase('in double quotes, a backslash begins an escape', {
    line: String.raw`command = 'C:\tools\server.exe'`,
  }),
  'leading-zero': lineCase('a number with a leading zero', { line: 'port = 8080' }),
  'line-end': lineCase('a comma or a semicolon at the end of the line', { line: 'port = 8080' }),
  'comment-sign': states('a comment that does not begin with #', 'begin it with #'),
  'header-bracket': lineCase('the brackets of a table do not match', { line: '[[backends]]' }),
  'table-twice': says(
    ({ name, first }: Texts<'name' | 'first'>) =>
      `[${name}] is defined twice; the first is on line ${first}`,
    { name: 'proxy', first: 1 },
    'put all its keys below the first one',
  ),
  'list-of-tables': says(
    ({ name, first }: Texts<'name' | 'first'>) =>
      `${name} is a list of tables: each begins with [[${name}]], the one on line ${first} too`,
    { name: 'backends', first: 3 },
    ({ name }) => `write [[${name}]] each time`,
  ),
  'key-twice': says(
    ({ key, first }: Texts<'key' | 'first'>) =>
      `${key} is set twice; the first is on line ${first}`,
    { key: 'name', first: 2 },
    'remove one of the two',
  ),
  'no-comma': states(
    'a comma is missing between two values of a list',
    'put a comma after each value',
  ),
  'open-list': states('a list without its closing bracket', 'end the list with ]'),
  'json-as-toml': states(
    'this is JSON, but the file name says TOML',
    'give the file the extension .json',
  ),
  'yaml-as-toml': states(
    'this is YAML, but the file name says TOML',
    'give the file the extension .yaml',
  ),
} as const
