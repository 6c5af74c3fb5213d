// A decision as a person reads it: what became of the request, why, who asked, and every check.
import { printable } from '../../base/escape.ts'
import type { CauseReport, DecisionReport } from '../../decisions/decision-report.ts'
import type { Reuse } from '../../mcp/call.ts'
import { checkLines, counted, valueText, type View } from '../report/checks-text.ts'
import { hanging, longest, padded } from '../report/layout.ts'
import type { Style } from '../terminal/style.ts'
import type { WhyReport } from './why-report.ts'

export const decisionMark = (outcome: DecisionReport['outcome'], style: Style): string =>
  ({
    accepted: style.green.bold('ACCEPTED'),
    rejected: style.red.bold('REJECTED'),
    undecided: style.yellow.bold('UNDECIDED'),
    failed: style.red.bold('FAILED'),
  })[outcome]

type Row = readonly [string, string]

const row = (name: string, ...values: readonly (string | null)[]): readonly Row[] => {
  const text = values.filter((value) => value !== null && value !== '').join('  ')
  return text === '' ? [] : [[name, text]]
}

const clientText = ({ client }: DecisionReport['caller']): string | null =>
  client === null ? null : [client.name, client.version ?? []].flat().join(' ')

const prefixed = (name: string, value: string | null): string | null =>
  value === null ? null : `${name} ${value}`

const claimedText = ({ claimed }: DecisionReport['caller']): string | null => {
  if (claimed === null) return null
  const members = Object.entries(claimed).filter(([, value]) => value !== null)
  return members.map(([name, value]) => `${name} ${valueText(value)}`).join('  ')
}

const causeText = ({ kind, name, pattern }: CauseReport): string =>
  [kind, name, ...(pattern === null ? [] : [`(${pattern})`])].join(' ')

const reusedTexts: Readonly<Record<Reuse, string>> = {
  cache: 'an answer that was kept: the backend was not asked',
  shared: 'the answer to an identical call under way: the backend was asked once',
}

const factRows = ({
  time,
  id,
  status,
  request,
  caller,
  duration,
  by,
  would_deny: would,
  loop,
}: DecisionReport): readonly Row[] => [
  ...row('when', time, duration === null ? null : `took ${String(duration)} ms`),
  ...row('asked', request.method ?? request.http_method, request.name ?? request.path),
  ...row('door', request.door, request.door === 'mcp' ? request.path : null),
  ...row('backend', request.backend, prefixed('by', request.credential)),
  ...row('reused', request.reused === null ? null : reusedTexts[request.reused]),
  ...row('decided', by.length === 0 ? null : `by ${by.map(causeText).join(', ')}`),
  ...row(
    'would be',
    would.length === 0
      ? null
      : `refused by ${would.map(({ rule, code }) => `${rule} (${code})`).join(', ')}, which only reports`,
  ),
  ...row('answer', status === null ? null : `HTTP ${String(status)}`),
  ...row('from', caller.address, clientText(caller)),
  ...row(
    'caller',
    prefixed('sub', caller.sub),
    prefixed('client', caller.client_id),
    prefixed('iss', caller.iss),
  ),
  ...row('token', caller.token, claimedText(caller) === '' ? null : claimedText(caller)),
  ...row('session', caller.session),
  ...row('loop', loop),
  ...row('id', id),
]

const headLines = ({ outcome, problem }: DecisionReport, { style, columns }: View): string[] => {
  const mark = decisionMark(outcome, style)
  if (problem === null) return [mark]
  const label = (name: string) => `  ${style.dim(padded(name, 5))} `
  return [
    hanging(`${mark}  ${style.bold(problem.code)}  `, printable(problem.detail), columns),
    hanging(label('fix'), printable(problem.hint), columns),
    ...(problem.spec === null ? [] : [hanging(label('spec'), problem.spec, columns)]),
  ]
}

const decisionLines = (decision: DecisionReport, view: View): string[] => {
  const { style, columns } = view
  const rows = factRows(decision)
  const width = longest(rows.map(([name]) => name))
  return [
    ...headLines(decision, view),
    '',
    ...rows.map(([name, text]) =>
      hanging(`  ${style.dim(padded(name, width))}  `, printable(text), columns),
    ),
    ...(decision.checks.length === 0
      ? []
      : [
          '',
          `${style.bold('Checks')}  ${counted(decision.checks)}`,
          ...checkLines(decision.checks, view, { primary: decision.problem?.code }),
        ]),
  ]
}

export const whyText = ({ decisions }: WhyReport, view: View): string =>
  decisions.map((decision) => decisionLines(decision, view).join('\n')).join('\n\n')

export const whyLine = ({ decisions }: WhyReport, style: Style): string =>
  decisions
    .map(({ outcome, problem }) =>
      problem === null
        ? decisionMark(outcome, style)
        : `${decisionMark(outcome, style)}  ${problem.code}  ${printable(problem.detail)}`,
    )
    .join('\n')
