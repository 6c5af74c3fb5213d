// What `init` did, as a person reads it: where the file is, why it says what it says, what is to be set and left out.
import { printable } from '../../base/escape.ts'
import { shownFile } from './decide-backends.ts'
import type { InitReport } from './report.ts'
import type { Style } from '../terminal/style.ts'
import type { View } from '../report/checks-text.ts'
import { hanging, longest, padded } from '../report/layout.ts'

const valueText = (value: InitReport['choices'][number]['value']): string =>
  printable(
    typeof value === 'object' ? (value.length === 0 ? 'none' : value.join(' ')) : String(value),
  )

const choiceLines = ({ choices }: InitReport, { style, columns }: View): string[] => {
  const keys = longest(choices.map(({ key }) => key))
  return choices.map(({ key, value, why }) =>
    hanging(
      `  ${style.dim(padded(key, keys))}  `,
      `${valueText(value)}  ${style.dim(printable(why))}`,
      columns,
    ),
  )
}

const backendLines = ({ backends }: InitReport, { style, columns }: View): string[] => {
  const width = longest(backends.map(({ name }) => name))
  const kinds = Math.max(5, longest(backends.map(({ transport }) => transport)))
  return backends.flatMap(({ name, was, source, transport, left_out: leftOut, notes }) => {
    const head = `  ${padded(name, width)}  `
    const renamed = was === name ? '' : `, called ${printable(was)} there`
    const below = `  ${' '.repeat(width)}  `
    return [
      hanging(head, `${padded(transport, kinds)}  from ${printable(source)}${renamed}`, columns),
      ...leftOut.map(({ key, why }) =>
        hanging(
          `${below}${style.yellow('left out')} `,
          `${printable(key)}: ${printable(why)}`,
          columns,
        ),
      ),
      ...notes.map((note) => hanging(below, style.dim(printable(note)), columns)),
    ]
  })
}

const foundLines = ({ found }: InitReport, { columns }: View): string[] =>
  found.lines.map((text) => hanging('  ', printable(text), columns))

interface NotTaken {
  readonly what: string
  readonly why: string
  readonly hint?: string
}

/** What was found and is not in the configuration, with the reason. */
export const notTaken = ({ skipped, found, backends }: InitReport): readonly NotTaken[] => [
  ...found.files.flatMap(({ file, fault }) => (fault === null ? [] : [{ what: file, why: fault }])),
  ...skipped.map(({ name, source, why, hint }) => ({ what: `${name} of ${source}`, why, hint })),
  ...backends.flatMap((backend) =>
    backend.left_out.map(({ key, why }) => ({ what: `${key} of ${backend.name}`, why })),
  ),
]

const skippedLines = (report: InitReport, { style, columns }: View): string[] =>
  notTaken({ ...report, backends: [] }).flatMap(({ what, why, hint }) => [
    hanging('  ', printable(`${what}: ${why}`), columns),
    ...(hint === undefined ? [] : [hanging('    ', style.dim(printable(hint)), columns)]),
  ])

const variableLines = ({ variables }: InitReport, { style, columns }: View): string[] => {
  const width = longest(variables.map(({ name }) => name))
  return variables.map(({ name, used_by: usedBy, hint, is_set: isSet }) => {
    const facts = [
      ...(isSet ? ['already set here'] : []),
      usedBy.join(', '),
      ...((hint ?? '') ? [hint] : []),
    ]
    return hanging(
      `  ${style.bold(padded(printable(name), width))}  `,
      style.dim(printable(facts.join('; '))),
      columns,
    )
  })
}

const section = (title: string, lines: readonly string[], { style }: View): string[] =>
  lines.length === 0 ? [] : ['', style.bold(title), ...lines]

const states = {
  shown: '',
  there: 'already configured',
  written: 'written',
  declined: 'unchanged',
  restored: 'restored',
} as const satisfies Readonly<Record<InitReport['clients'][number]['status'], string>>

/** Commands and entries are there to be copied: they are not wrapped. */
const clientLines = ({ clients }: InitReport, { style }: View): string[] => {
  const width = longest(clients.map(({ called }) => called))
  return clients.flatMap(({ called, file, command, entry, status, backup }) => {
    const words = states[status]
    const head = `  ${padded(called, width)}  ${printable(shownFile(file, process.cwd()))}`
    const isOpen = status === 'shown' || status === 'declined'
    const how =
      command ?? entry ?? 'cannot read a token from a variable: add the proxy there, with the token'
    return [
      `${head}${words === '' ? '' : `  ${style.green(words)}`}`,
      ...(status === 'written' && backup !== null
        ? [style.dim(`    backup ${printable(shownFile(backup, process.cwd()))}`)]
        : []),
      ...(isOpen ? how.split('\n').map((text) => `    ${printable(text)}`) : []),
    ]
  })
}

const envFileLines = ({ env_file: file }: InitReport): string[] =>
  file === null
    ? []
    : [
        `  ${printable(file.file)}  ${
          file.added.length === 0 ? 'has all names already' : `added ${file.added.join(', ')}`
        }`,
      ]

const words = { written: 'WRITTEN', connected: 'ADDED', restored: 'RESTORED' } as const

export const initLine = ({ file, verdict }: InitReport, style: Style): string =>
  verdict === 'written' || verdict === 'connected' || verdict === 'restored'
    ? `${style.green.bold(words[verdict])}  ${printable(file ?? '')}`
    : ''

export const initText = (report: InitReport, view: View): string =>
  [
    report.verdict === 'written'
      ? `${initLine(report, view.style)}  it passes serve --check`
      : initLine(report, view.style),
    ...section('Found', foundLines(report, view), view),
    ...section('Chosen', choiceLines(report, view), view),
    ...section('Backends', backendLines(report, view), view),
    ...section('Not taken', skippedLines(report, view), view),
    ...section('Set these variables before you start it', variableLines(report, view), view),
    ...section('Values to fill in', envFileLines(report), view),
    ...section(
      report.verdict === 'restored' ? 'Restored' : 'Point your clients at it',
      clientLines(report, view),
      view,
    ),
    ...section(
      'Next',
      report.next.map((command) => `  ${command}`),
      view,
    ),
  ].join('\n')

/** The words of the catalogue, where the lines above do not have them already. */
const problemLines = (
  problem: InitReport['found']['problem'],
  { style, columns }: View,
): readonly string[] =>
  problem === null
    ? []
    : [
        hanging(`  ${style.red.bold(problem.code)} `, printable(problem.detail), columns),
        hanging(`  ${style.bold('fix')}    `, printable(problem.hint), columns),
      ]

export const undecidedText = ({ found, next }: InitReport, { style, columns }: View): string =>
  [
    `${style.yellow.bold('UNDECIDED')}  nothing was written`,
    ...found.lines.map((text) => hanging('  ', printable(text), columns)),
    ...problemLines(found.problem, { style, columns }),
    hanging(
      '  ',
      'give another address, or --issuer and --strategy to write the file without asking it',
      columns,
    ),
    ...next.map((command) => `  ${style.dim('next')} ${printable(command)}`),
  ].join('\n')
