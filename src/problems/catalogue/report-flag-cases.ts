// Flags about reports, and the words that explain takes.
import { didYouMean } from './usage-words.ts'
import { says, states, type Texts } from './spec.ts'

const earlierReport =
  'give what `mcp-proxy discover --json` wrote for this address, or a folder of --save'

const emptyFolder = 'name a new or an empty folder'

export const reportFlagCases = {
  'diff-unreadable': says(
    ({ why }: Texts<'why'>) => `--diff: ${why}`,
    { why: 'no such file' },
    earlierReport,
  ),
  'diff-json': says(
    ({ why }: Texts<'why'>) => `--diff: this is not JSON: ${why}`,
    { why: 'unexpected end' },
    earlierReport,
  ),
  'diff-no-report': says(
    ({ member, wanted }: Texts<'member' | 'wanted'>) =>
      `--diff: this is not a report of discover: ${member} must be ${wanted}`,
    { member: 'command', wanted: '"discover"' },
    earlierReport,
  ),
  'diff-other-address': says(
    ({ reported, address }: Texts<'reported' | 'address'>) =>
      `--diff: this is a report about ${reported}, not about ${address}`,
    { reported: 'https://id.example.com', address: 'https://mcp.example.com/mcp' },
    earlierReport,
  ),
  'save-unwritable': says(
    ({ why }: Texts<'why'>) => `--save: cannot write here (${why})`,
    { why: 'EACCES' },
    'name a folder that you may write to',
  ),
  'save-no-folder': states('--save: not a folder', emptyFolder),
  'save-foreign-files': states(
    '--save: the folder contains files that this command did not write',
    emptyFolder,
  ),
  'save-file-taken': says(
    ({ name }: Texts<'name'>) =>
      `--save: ${name} exists already and was not written by this command`,
    { name: 'report.json' },
    emptyFolder,
  ),
  'written-unwritable': says(
    ({ flag, why }: Texts<'flag' | 'why'>) => `${flag}: cannot write here (${why})`,
    { flag: '--har', why: 'EACCES' },
    'name a file in a folder that you may write to',
  ),
  'written-foreign': says(
    ({ flag }: Texts<'flag'>) => `${flag}: the file exists, and this command did not write it`,
    { flag: '--har' },
    'name a new file, or remove that one',
  ),
  sections: says(
    ({ flag }: Texts<'flag' | 'sections'>) =>
      `${flag} must be a list of section names, separated by commas`,
    { flag: '--only', sections: 'config, environment, listen, network' },
    ({ sections }) => `the sections are ${sections}`,
  ),
  'similar-section': says(
    ({ flag }: Texts<'flag' | 'meant'>) =>
      `${flag} must be a list of section names, separated by commas`,
    { flag: '--only', meant: 'backends' },
    didYouMean,
  ),
  'similar-endpoint': says(
    ({ name }: Texts<'name' | 'meant'>) => `--endpoint: unknown profile ${name}`,
    { name: '"raeders"', meant: 'readers' },
    didYouMean,
  ),
  'unknown-endpoint': says(
    ({ name }: Texts<'name' | 'names'>) => `--endpoint: unknown profile ${name}`,
    { name: '"weather"', names: 'readers, tracker' },
    ({ names }) => `the profiles of the configuration are ${names}`,
  ),
  'no-endpoints': says(
    ({ name }: Texts<'name'>) => `--endpoint ${name}: the configuration has no profiles`,
    { name: '"readers"' },
    'leave --endpoint out: the endpoint is /mcp',
  ),
  'endpoint-without-file': states(
    '--endpoint names a profile of a configuration, and none is used',
    'add --config <file>',
  ),
  'unknown-check': says(
    ({ words }: Texts<'words'>) => `No check matches ${words}`,
    { words: 'weather' },
    'mcp-proxy explain lists all checks',
  ),
  'similar-check': says(
    ({ words }: Texts<'words' | 'meant'>) => `No check matches ${words}`,
    { words: 'tiem-exp', meant: 'time-exp' },
    ({ meant }) => `did you mean mcp-proxy explain ${meant}?`,
  ),
  'check-like-token': states(
    'No check has this id (hidden: it may be a token)',
    'mcp-proxy explain lists all checks',
  ),
  'no-sign': says(
    ({ place }: Texts<'place'>) =>
      `Nothing in the text from ${place} is known: no check, no error code, no message`,
    { place: 'standard input' },
    'paste the whole answer: status line, WWW-Authenticate and body; mcp-proxy explain lists all checks',
  ),
  'similar-sign': says(
    ({ place }: Texts<'place' | 'meant'>) =>
      `Nothing in the text from ${place} is known: no check, no error code, no message`,
    { place: 'standard input', meant: 'invalid_token' },
    ({ meant }) => `did you mean mcp-proxy explain ${meant}?`,
  ),
  'text-and-words': states(
    'The text is read from one place',
    'give "-" or @file alone, or the text itself',
  ),
  'unknown-shell': says<Texts<'shells'>>(
    () => 'No completion script exists for this shell',
    { shells: 'bash, or zsh, or fish' },
    ({ shells }) => `mcp-proxy completion ${shells}`,
  ),
} as const
