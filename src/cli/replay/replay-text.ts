// What another configuration would have decided, as a person reads it: the changes first, then what cannot be judged.
import { printable } from '../../base/escape.ts'
import type { View } from '../report/checks-text.ts'
import { hanging } from '../report/layout.ts'
import type { Style } from '../terminal/style.ts'
import type {
  Change,
  ChangeReport,
  Reason,
  ReplayReport,
  SideReport,
  UnjudgedReport,
} from './replay-report.ts'

const decisionsText = (n: number): string => `${String(n)} ${n === 1 ? 'decision' : 'decisions'}`

const titles: Readonly<Record<Change, string>> = {
  'allow-to-deny': 'allowed, would be denied',
  'deny-to-allow': 'denied, would be allowed',
  'let-in': 'refused before the message was read, would be let in',
  'other-rule': 'the same verdict, by another rule',
}

const colours = (style: Style): Readonly<Record<Change, (text: string) => string>> => ({
  'allow-to-deny': (text) => style.red.bold(text),
  'deny-to-allow': (text) => style.yellow.bold(text),
  'let-in': (text) => style.yellow.bold(text),
  'other-rule': (text) => style.bold(text),
})

interface Why {
  readonly text: string
  /** What makes such decisions judgeable. */
  readonly fix?: string
}

const reasons: Readonly<Record<Reason, Why>> = {
  'no-facts': {
    text: 'written by an older version, without what a policy looks at',
    fix: 'replay decisions that this version has written',
  },
  cut: { text: 'too large to be recorded' },
  admin: { text: 'about the admin surface, whose token no policy judges' },
  endpoint: { text: 'the configuration has no endpoint at the path that was called' },
  limit: { text: 'refused by a limit: limits depend on the time' },
  setting: { text: 'refused by a setting that is not compared' },
  undecided: { text: 'left undecided, because a server did not answer' },
  'no-credential': { text: 'accepted without authentication, so there is no credential to judge' },
  'credential-kind': { text: 'its kind of credential would be shown to a server' },
  'token-rules': {
    text: 'the token was judged by other settings of [auth] than those of issuer, audience and scopes',
  },
  'not-asked': { text: 'refused before all of its credential had been judged' },
  'role-claim': {
    text: 'the claim that gives roles was not recorded, and auth.role_mapping is another',
    fix: 'list the claim in observability.decisions.claims of the running proxy',
  },
  rule: {
    text: 'a rule reads what was not recorded',
    fix: 'list claims that rules read in observability.decisions.claims of the running proxy; arguments are never recorded',
  },
  annotations: { text: 'the annotations of the tool were not known' },
  'other-backend': { text: 'the name would lead to a backend of which nothing was recorded' },
  'no-target': { text: 'where the name led was not recorded' },
  task: { text: 'about a task, which is judged by the tool that began it' },
}

const mostShown = 6

/** `all`: how many there are, those that are not listed included. */
const countsText = (entries: readonly (readonly [text: string, count: number])[], all: number) => {
  const shown = entries.slice(0, mostShown)
  const rest = shown.reduce((left, [, count]) => left - count, all)
  return [
    ...shown.map(([text, count]) => `${text} (${String(count)})`),
    ...(rest === 0 || shown.length === 0 ? [] : [`others (${String(rest)})`]),
  ].join(', ')
}

const sideText = ({ code, by }: SideReport): string => {
  const causes = by.map(({ kind, name }) => `${kind} ${name}`)
  const byText = causes.length === 0 ? '' : ` by ${causes.join(', ')}`
  return `${code ?? 'allowed'}${byText}`
}

const idsShown = 3

const idsText = ({ ids, count }: { readonly ids: readonly string[]; readonly count: number }) =>
  [
    ...ids.slice(0, idsShown),
    ...(count > idsShown ? [`and ${String(count - idsShown)} more`] : []),
  ].join(' ')

const changeLines = (change: ChangeReport, { style, columns }: View): readonly string[] => {
  const row = (name: string, text: string): string[] =>
    text === '' ? [] : [hanging(`      ${style.dim(name.padEnd(7))} `, printable(text), columns)]
  const { count } = change
  const names = change.names.map(({ name, count: n }) => [name, n] as const)
  const callers = change.callers.map(({ caller, count: n }) => [caller, n] as const)
  const head = `  ${String(count).padStart(4)}  `
  return [
    `${head}${colours(style)[change.change](titles[change.change])}`,
    ...row('was', sideText(change.was)),
    ...(change.now === null ? [] : row('now', sideText(change.now))),
    ...row('asked', countsText(names, count)),
    ...row('callers', countsText(callers, count)),
    ...row('ids', idsText(change)),
  ]
}

const unjudgedLines = (group: UnjudgedReport, { style, columns }: View): readonly string[] => {
  const { reason, about, count } = group
  const { text, fix } = reasons[reason]
  const full = about === null ? text : `${text}: ${about}`
  return [
    hanging(`  ${String(count).padStart(4)}  `, printable(full), columns),
    ...(fix === undefined ? [] : [hanging(`        ${style.dim('fix')} `, fix, columns)]),
  ]
}

const marks = (style: Style): Readonly<Record<ReplayReport['verdict'], string>> => ({
  changed: style.yellow.bold('CHANGED'),
  unchanged: style.green.bold('UNCHANGED'),
  undecided: style.yellow.bold('UNDECIDED'),
})

export const replayLine = (report: ReplayReport, style: Style): string => {
  const { verdict, read, changed, same, unjudged } = report
  const counts = `${String(changed)} of ${decisionsText(read)} would be decided differently, ${String(same)} the same, ${String(unjudged)} not judged`
  return `${marks(style)[verdict]}  ${counts}`
}

const factText = ({ decisions, config, from, to, unread }: ReplayReport): string =>
  [
    `${decisions} by ${config}`,
    ...(from === null || to === null ? [] : [`from ${from} to ${to}`]),
    ...(unread === 0
      ? []
      : [`${String(unread)} ${unread === 1 ? 'line is' : 'lines are'} no decision`]),
  ].join('; ')

export const replayText = (report: ReplayReport, view: View): string => {
  const { style, columns } = view
  const { changes, not_judged: notJudged } = report
  const notes = notJudged.flatMap((group) => unjudgedLines(group, view))
  const blocks = [
    [replayLine(report, style)],
    ...changes.map((change) => changeLines(change, view)),
    notes.length === 0 ? [] : [style.bold('Not judged'), ...notes],
    [hanging('', style.dim(printable(factText(report))), columns)],
  ]
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
}
