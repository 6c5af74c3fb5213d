// Flags about reports, and the words that explain takes.
import { didYouMean } from './usage-words.ts'
import { says, states, type Texts } from './spec.ts'

const earlierReport =
  'give what `mcp-proxy discover --json` wrote for this address, or a folder of --save'

const emptyFolder = 'name a new or an empty folder'

export const reportFlagCases = {
  'diff-unreadable': says(
    ({ why }: Texts<'why'>) => `--diff: ${why}`,
    { why: 'there is no such file' },
    earlierReport,
  ),
  'diff-json': says(
    ({ why }: Texts<'why'>) => `--diff: this is not JSON: ${why}`,
    { why: 'unexpected end' },
    earlierReport,
  ),
  'diff-no-report': says(
    ({ member, wanted }: Texts<'member' | 'wanted'>) =>
      `--diff: this is no report of discover: ${member} has to be ${wanted}`,
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
  'save-no-folder': states('--save: this is no folder', emptyFolder),
  'save-foreign-files': states(
    '--save: the folder contains files that this command did not write',
    emptyFolder,
  ),
  'save-file-taken': says(
    ({ name }: Texts<'name'>) =>
      `--save: ${name} is there already and was not written by this command`,
    { name: 'report.json' },
    emptyFolder,
  ),
  'written-unwritable': says(
    ({ flag, why }: Texts<'flag' | 'why'>) => `${flag}: cannot write here (${why})`,
    { flag: '--har', why: 'EACCES' },
    'name a file in a folder that you may write to',
  ),
  'written-foreign': says(
    ({ flag }: Texts<'flag'>) =>
      `${flag}: there is another file of that name, which this command did not write`,
    { flag: '--har' },
    'name a new file, or remove that one',
  ),
  sections: says(
    ({ flag }: Texts<'flag' | 'sections'>) =>
      `${flag} wants names of sections, separated by commas`,
    { flag: '--only', sections: 'config, environment, listen, network' },
    ({ sections }) => `the sections are ${sections}`,
  ),
  'similar-section': says(
    ({ flag }: Texts<'flag' | 'meant'>) => `${flag} wants names of sections, separated by commas`,
    { flag: '--only', meant: 'backends' },
    didYouMean,
  ),
  'similar-endpoint': says(
    ({ name }: Texts<'name' | 'meant'>) => `--endpoint: there is no profile ${name}`,
    { name: '"raeders"', meant: 'readers' },
    didYouMean,
  ),
  'unknown-endpoint': says(
    ({ name }: Texts<'name' | 'names'>) => `--endpoint: there is no profile ${name}`,
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
    ({ words }: Texts<'words'>) => `No check is called or speaks of ${words}`,
    { words: 'weather' },
    'mcp-proxy explain lists all of them',
  ),
  'similar-check': says(
    ({ words }: Texts<'words' | 'meant'>) => `No check is called or speaks of ${words}`,
    { words: 'tiem-exp', meant: 'time-exp' },
    ({ meant }) => `did you mean mcp-proxy explain ${meant}?`,
  ),
  'check-like-token': states(
    'No check is called that (not shown: it could be a token)',
    'mcp-proxy explain lists all of them',
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
    () => 'There is no completion for that shell',
    { shells: 'bash, or zsh, or fish' },
    ({ shells }) => `mcp-proxy completion ${shells}`,
  ),
} as const
