// Findings as workflow commands of GitHub Actions: one annotation for each, on the configuration file where there is one.
import { printable } from '../../base/escape.ts'
import { problemBeside, reported, type Reported } from './level.ts'
import type { Subject } from './subject.ts'

/** What ends a line would begin a command; what is percent-encoded is decoded there. */
const data = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')

const commands = { error: 'error', warning: 'warning', note: 'notice' } as const

const command = (
  name: string,
  properties: Readonly<Record<string, string | undefined>>,
  lines: readonly string[],
): string => {
  const given = Object.entries(properties).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${property(printable(value))}`],
  )
  return `::${name} ${given.join(',')}::${data(lines.map(printable).join('\n'))}`
}

const annotation = ({ check, level }: Reported, subject: Subject): string => {
  const { id, message, hint, spec } = check
  const hints = subject.hints
    .filter((known) => known.check === id)
    .map(({ provider, text }) => `hint: ${provider}: ${text}`)
  return command(commands[level], { file: subject.file, title: id }, [
    `${subject.name}: ${message ?? id}`,
    ...(hint === null ? [] : [`fix: ${hint}`]),
    ...hints,
    ...(spec === null ? [] : [`spec: ${spec}`]),
    `more: mcp-proxy explain ${id}`,
  ])
}

const besideLines = (subject: Subject): readonly string[] => {
  const problem = problemBeside(subject)
  if (problem === null) return []
  const lines = [`${subject.name}: ${problem.detail}`, `fix: ${problem.hint}`]
  return [command('error', { file: subject.file, title: problem.code }, lines)]
}

/** A line that is no command: what was judged, and how it ended. */
const verdictLine = ({ name, verdict }: Subject, what: string): string =>
  `mcp-proxy ${what}: ${printable(name)}: ${printable(verdict)}`

export const annotationsText = (what: string, subjects: readonly Subject[]): string =>
  subjects
    .flatMap((subject) => [
      ...besideLines(subject),
      ...reported(subject).map((one) => annotation(one, subject)),
      verdictLine(subject, what),
    ])
    .join('\n')
