// What keeps a configuration from being read at all.
import { says, states, type Texts } from './spec.ts'

const write = ({ line }: Texts<'line'>): string => `write: ${line}`

export const syntaxCases = {
  malformed: says(({ why }: Texts<'why'>) => `${why}`, {
    why: 'not well-formed YAML: wrong indentation',
  }),
  unquoted: says((_: Texts<'line'>) => 'text without quotes', { line: 'name = "desk"' }, write),
  colon: says(
    (_: Texts<'line'>) => 'a colon where TOML has an equals sign',
    { line: 'name = "desk"' },
    write,
  ),
  boolean: says(
    (_: Texts<'line'>) => 'TOML knows true and false, in small letters',
    { line: 'hot_reload = true' },
    write,
  ),
  null: says(
    ({ key }: Texts<'key'>) => `${key} has no value: TOML has no null`,
    { key: 'instructions' },
    'remove the line: a key that is not there has its default',
  ),
  'no-value': states('a key without a value', 'write: key = value'),
  'key-blank': states('blanks in a key', 'names of keys are single words, such as log_level'),
  'curly-quotes': says(
    (_: Texts<'line'>) => 'typographic quotes',
    { line: 'name = "desk"' },
    write,
  ),
  'open-quote': says(
    (_: Texts<'line'>) => 'a quotation that is not closed',
    { line: 'name = "desk"' },
    write,
  ),
  backslash: says(
    (_: Texts<'line'>) => 'a backslash in double quotes begins an escape',
    { line: String.raw`command = 'C:\tools\server.exe'` },
    write,
  ),
  'leading-zero': says(
    (_: Texts<'line'>) => 'a number with a zero in front',
    { line: 'port = 8080' },
    write,
  ),
  'line-end': says(
    (_: Texts<'line'>) => 'a comma or a semicolon at the end of the line',
    { line: 'port = 8080' },
    write,
  ),
  'comment-sign': states('a comment that does not begin with #', 'begin it with #'),
  'header-bracket': says(
    (_: Texts<'line'>) => 'the brackets of a table do not match',
    { line: '[[backends]]' },
    write,
  ),
  'table-twice': says(
    ({ name, first }: Texts<'name' | 'first'>) => `[${name}] is there twice: line ${first} has it`,
    { name: 'proxy', first: 1 },
    'put all its keys below the first',
  ),
  'list-of-tables': says(
    ({ name, first }: Texts<'name' | 'first'>) =>
      `${name} is a list: each of its tables begins with [[${name}]], that of line ${first} too`,
    { name: 'backends', first: 3 },
    ({ name }) => `write [[${name}]] each time`,
  ),
  'key-twice': says(
    ({ key, first }: Texts<'key' | 'first'>) => `${key} is there twice: line ${first} has it`,
    { key: 'name', first: 2 },
    'remove one of the two',
  ),
  'no-comma': states('a comma is missing in a list', 'put a comma after each value'),
  'open-list': states('a list that is not closed', 'end the list with ]'),
  'json-as-toml': states(
    'this is JSON, and the name of the file says TOML',
    'end the name of the file with .json',
  ),
  'yaml-as-toml': states(
    'this is YAML, and the name of the file says TOML',
    'end the name of the file with .yaml',
  ),
} as const
