// Findings as JUnit XML: one suite for each subject, one case for each check.
import { printable } from '../../base/escape.ts'
import { problemSpec } from '../../problems/problem.ts'
import type { CheckReport } from '../../core/verdict/checks-report.ts'
import type { Subject } from './subject.ts'

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}

/** XML 1.0 section 2.2: what no document may hold, even escaped, is replaced. */
const xml = (text: string): string =>
  printable(text)
    .replace(/[\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd')
    .replace(/[&<>"]/g, (character) => entities[character] ?? character)

const attributes = (pairs: Readonly<Record<string, string | number>>): string =>
  Object.entries(pairs)
    .map(([name, value]) => ` ${name}="${xml(String(value))}"`)
    .join('')

type Result = 'pass' | 'failure' | 'error' | 'skipped'

/** What could not be established is an error of the run, not a failure of the subject. */
const resultOf = (check: CheckReport, { counts, unsettled }: Subject): Result => {
  if (check.status === 'skip') return unsettled?.(check) === true ? 'error' : 'skipped'
  if (!counts(check)) return 'pass'
  return problemSpec(check.id).outcome === 'undecided' ? 'error' : 'failure'
}

const bodyOf = ({ hint, spec }: CheckReport, hints: readonly string[]): string =>
  [
    ...(hint === null ? [] : [`fix: ${hint}`]),
    ...hints.map((text) => `hint: ${text}`),
    ...(spec === null ? [] : [`spec: ${spec}`]),
  ]
    .map(xml)
    .join('\n')

const caseLines = (check: CheckReport, subject: Subject): string[] => {
  const { id, message, severity } = check
  const open = `    <testcase${attributes({ classname: `${problemSpec(id).group}.${severity}`, name: id })}`
  const hints = subject.hints
    .filter((hint) => hint.check === id)
    .map(({ provider, text }) => `${provider}: ${text}`)
  const result = resultOf(check, subject)
  if (result === 'skipped') {
    return [
      `${open}>`,
      `      <skipped${attributes({ message: message ?? '' })}/>`,
      '    </testcase>',
    ]
  }
  if (result === 'pass') {
    if (check.status === 'pass') return [`${open}/>`]
    const advice = [xml(message ?? ''), bodyOf(check, hints)].filter((text) => text !== '')
    return [`${open}>`, `      <system-out>${advice.join('\n')}</system-out>`, '    </testcase>']
  }
  const what = attributes({ message: message ?? id, type: id })
  return [
    `${open}>`,
    `      <${result}${what}>${bodyOf(check, hints)}</${result}>`,
    '    </testcase>',
  ]
}

const tally = (subject: Subject) => {
  const results = subject.checks.map((check) => resultOf(check, subject))
  const count = (wanted: Result) => results.filter((result) => result === wanted).length
  return {
    tests: results.length,
    failures: count('failure'),
    errors: count('error'),
    skipped: count('skipped'),
  }
}

const suiteLines = (subject: Subject): string[] => [
  `  <testsuite${attributes({ name: subject.name, ...tally(subject) })}>`,
  '    <properties>',
  ...[['verdict', subject.verdict] as const, ...subject.facts].map(
    ([name, value]) => `      <property${attributes({ name, value })}/>`,
  ),
  '    </properties>',
  ...subject.checks.flatMap((check) => caseLines(check, subject)),
  '  </testsuite>',
]

export const junitText = (command: string, subjects: readonly Subject[]): string =>
  [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: `mcp-proxy ${command}` })}>`,
    ...subjects.flatMap(suiteLines),
    '</testsuites>',
  ].join('\n')
