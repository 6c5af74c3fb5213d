// What `init` did, as a person reads it: where the file is, why it says what it says, what is to be set and left out.
import { printable } from '../../base/escape.ts'
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
}

/** What was found and is not in the configuration, with the reason. */
export const notTaken = ({ skipped, found, backends }: InitReport): readonly NotTaken[] => [
  ...found.files.flatMap(({ file, fault }) => (fault === null ? [] : [{ what: file, why: fault }])),
  ...skipped.map(({ name, source, why }) => ({ what: `${name} of ${source}`, why })),
  ...backends.flatMap((backend) =>
    backend.left_out.map(({ key, why }) => ({ what: `${key} of ${backend.name}`, why })),
  ),
]

const skippedLines = (report: InitReport, { columns }: View): string[] =>
  notTaken({ ...report, backends: [] }).map(({ what, why }) =>
    hanging('  ', printable(`${what}: ${why}`), columns),
  )

const variableLines = ({ variables }: InitReport, { style, columns }: View): string[] => {
  const width = longest(variables.map(({ name }) => name))
  return variables.map(({ name, used_by: usedBy, hint, is_set: isSet }) => {
    const facts = [
      ...(isSet ? ['set here already'] : []),
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

export const initLine = ({ file }: InitReport, style: Style): string =>
  `${style.green.bold('WRITTEN')}  ${printable(file ?? '')}`

export const initText = (report: InitReport, view: View): string =>
  [
    `${initLine(report, view.style)}  it passes serve --check`,
    ...section('Found', foundLines(report, view), view),
    ...section('Chosen', choiceLines(report, view), view),
    ...section('Backends', backendLines(report, view), view),
    ...section('Not taken', skippedLines(report, view), view),
    ...section('Set these variables before you start it', variableLines(report, view), view),
    ...section(
      'Next',
      report.next.map((command) => `  ${command}`),
      view,
    ),
  ].join('\n')

export const undecidedText = ({ found, next }: InitReport, { style, columns }: View): string =>
  [
    `${style.yellow.bold('UNDECIDED')}  nothing was written`,
    ...found.lines.map((text) => hanging('  ', printable(text), columns)),
    hanging(
      '  ',
      'give another address, or --issuer and --strategy to write the file without asking it',
      columns,
    ),
    ...next.map((command) => `  ${style.dim('next')} ${printable(command)}`),
  ].join('\n')

/** For an .env file: names, no values. */
export const environmentTemplate = ({ variables }: InitReport): string =>
  variables
    .map(({ name, used_by: usedBy, hint }) =>
      [
        `# ${printable([usedBy.join(', '), ...((hint ?? '') ? [hint] : [])].join('; '))}`,
        `${name}=`,
      ].join('\n'),
    )
    .join('\n')
