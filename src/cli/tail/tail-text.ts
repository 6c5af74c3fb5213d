// A decision in one line: when, what became of it, what was asked, who asked, how long it took, and why.
import { printable, shortened } from '../../base/escape.ts'
import type { DecisionSummary } from '../../decisions/decision-report.ts'
import { tookText, whoText } from '../../decisions/event-words.ts'
import { hanging, longest, padded } from '../report/layout.ts'
import type { View } from '../report/checks-text.ts'
import type { Style } from '../terminal/style.ts'

const marks = (style: Style): Readonly<Record<DecisionSummary['outcome'], string>> => ({
  accepted: style.green('ok'),
  rejected: style.red.bold('refused'),
  undecided: style.yellow('undecided'),
  failed: style.red('failed'),
})

const cut = (text: string, width: number): string =>
  padded(printable(text.length > width ? `${text.slice(0, width - 1)}…` : text), width)

const who = ({ sub, client_id: clientId, client, address }: DecisionSummary['caller']): string =>
  whoText({ sub, clientId, client: client?.name, address })

const what = ({ http_method: http, path, method, name }: DecisionSummary['request']): string =>
  name ?? method ?? (typeof path === 'string' ? `${http ?? ''} ${path}`.trim() : http) ?? '-'

const wouldText = ({ would_deny: would }: DecisionSummary): readonly string[] =>
  would.length === 0
    ? []
    : [`would be refused by ${would.map(({ rule }) => printable(rule)).join(', ')}`]

const reusedText = ({ request: { reused } }: DecisionSummary): readonly string[] =>
  reused === null ? [] : [reused === 'cache' ? 'from the cache' : 'shared']

const mainLines = (decision: DecisionSummary, { style, columns }: View): string => {
  const { time, outcome, status, request, caller, duration, code, detail, id } = decision
  const head = [
    style.dim(time.slice(11, 23)),
    padded(marks(style)[outcome], 9),
    padded(status === null ? '' : String(status), 3),
    cut(what(request), 24),
    cut(who(caller), 24),
    padded(tookText(duration), 7),
  ].join('  ')
  if (code === null) {
    return [head.trimEnd(), ...reusedText(decision), ...wouldText(decision)].join('  ')
  }
  const reason = (text: string) => `${style.bold(code)}  ${printable(text)}  ${style.dim(id)}`
  const text = shortened(detail ?? '', 300)
  const line = `${head}  ${reason(text)}`
  if (columns === undefined || longest([line]) <= columns) return line
  // The reason has a line of its own then, and the id is never cut: `why` wants it whole.
  const below = `    ${reason(text)}`
  const over = longest([below]) - columns
  return `${head.trimEnd()}\n${over <= 0 ? below : `    ${reason(shortened(text, Math.max(20, text.length - over)))}`}`
}

export const decisionLine = (decision: DecisionSummary, view: View): string => {
  const { loop } = decision
  const lines = mainLines(decision, view)
  if (loop === null) return lines
  const head = `    ${view.style.yellow('loop')}  `
  return `${lines}\n${hanging(head, printable(loop), view.columns)}`
}
