// Findings as Markdown: for a comment on a change or the summary of a CI run.
import { shortened } from '../../base/escape.ts'
import type { CheckReport } from '../../core/verdict/checks-report.ts'
import type { HintReport } from './hints.ts'
import type { Subject } from './subject.ts'
import { counted } from './checks-text.ts'

/** Comments on a change have a largest size, and a server decides how long its strings are. */
const longestText = 2000

/** Text from elsewhere stays text: no markup, no HTML, no mention of a person, no cell of a table. */
export const plainMarkdown = (text: string): string =>
  shortened(text, longestText)
    .replace(/[\\`*_{}[\]<>#|~]/g, String.raw`\$&`)
    .replaceAll('&', '&amp;')
    .replaceAll('@', '&#64;')

const code = (id: string): string => `\`${id}\``

const rowOf = ({ id, status, severity, message, hint }: CheckReport): string => {
  const what = [message ?? '', hint === null ? '' : `Fix: ${hint}`]
  return `| ${status} | ${code(id)} | ${severity} | ${what
    .filter((text) => text !== '')
    .map(plainMarkdown)
    .join('<br>')} |`
}

const hintLine = ({ check, provider, text }: HintReport): string =>
  `- Hint for ${code(check)} (${plainMarkdown(provider)}): ${plainMarkdown(text)}`

const section = (command: string, subject: Subject): string[] => {
  const { name, verdict, problem, facts, checks, hints } = subject
  const findings = checks.filter(({ status }) => status === 'fail' || status === 'warn')
  const others = hints.filter(({ check }) => check !== problem?.code)
  return [
    `### ${verdict.toUpperCase()}: ${command} ${plainMarkdown(name)}`,
    '',
    ...(problem === null
      ? []
      : [
          `**${code(problem.code)}** ${plainMarkdown(problem.detail)}`,
          '',
          `- Fix: ${plainMarkdown(problem.hint)}`,
          ...hints
            .filter(({ check }) => check === problem.code)
            .map(
              ({ provider, text }) => `- Hint (${plainMarkdown(provider)}): ${plainMarkdown(text)}`,
            ),
          ...(problem.spec === null ? [] : [`- Specification: ${plainMarkdown(problem.spec)}`]),
          '',
        ]),
    ...facts.map(([label, text]) => `- ${plainMarkdown(label)}: ${plainMarkdown(text)}`),
    ...(facts.length === 0 ? [] : ['']),
    ...(findings.length === 0
      ? []
      : [
          '| Result | Check | Severity | What was found |',
          '| --- | --- | --- | --- |',
          ...findings.map(rowOf),
          '',
        ]),
    ...(others.length === 0 ? [] : [...others.map(hintLine), '']),
    `${counted(checks)}.`,
    '',
  ]
}

export const markdownText = (command: string, subjects: readonly Subject[]): string =>
  subjects
    .flatMap((subject) => section(command, subject))
    .join('\n')
    .trimEnd()
