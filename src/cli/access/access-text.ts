// What callers see and may call, as a person reads it: a line for each tool, resource and prompt.
import { endpointPath } from '../../config/public-url.ts'
import { printable } from '../../base/escape.ts'
import type { ListKind } from '../../proxy/lists/list-kinds.ts'
import { troubleLines } from '../backend/server-report.ts'
import type { View } from '../report/checks-text.ts'
import { hanging, longest, padded } from '../report/layout.ts'
import type { Style } from '../terminal/style.ts'
import type {
  AccessReport,
  BackendAccess,
  CauseReport,
  Decided,
  ItemAccess,
  OpenRuleReport,
} from './access-report.ts'

const quoted = (name: string): string => JSON.stringify(name)

const listText = (names: readonly string[]): string => names.map(quoted).join(', ')

/** What lists of roles and tokens say. */
const byLists = (
  causes: readonly CauseReport[],
  { access }: Pick<Decided, 'access'>,
): readonly string[] => {
  const [first] = causes
  if (first === undefined) return []
  const whose = `${first.kind} ${listText(causes.map(({ name }) => name))}`
  if (access === 'denied') {
    return first.pattern === null
      ? [`in no allow list of ${whose}`]
      : [`${whose} denies ${quoted(first.pattern)}`]
  }
  return first.pattern === null
    ? [`${whose} has no allow list`]
    : [`${whose} allows ${quoted(first.pattern)}`]
}

/** What the keys of the backend say. */
const byFilters = (
  causes: readonly CauseReport[],
  { access }: Pick<Decided, 'access'>,
): readonly string[] =>
  causes.map(({ name, pattern }) =>
    pattern === null
      ? `not in ${name} of the backend`
      : `${name} of the backend ${access === 'denied' ? 'has' : 'offers'} ${quoted(pattern)}`,
  )

const causesText = (decided: Decided): readonly string[] => {
  const { by } = decided
  const of = (kind: CauseReport['kind']) => by.filter((cause) => cause.kind === kind)
  const rules = of('rule').map(({ name }) => name)
  return [
    ...byFilters(of('filter'), decided),
    ...byLists(of('token'), decided),
    ...byLists(of('role'), decided),
    ...of('no-role').map(({ name }) => `no role: ${name}`),
    ...of('annotation').map(({ name }) => `${name} of the backend`),
    ...(rules.length === 0 ? [] : [`rule ${listText(rules)}`]),
    ...of('scopes').map(({ name, pattern }) => `scopes ${name} by ${quoted(pattern ?? '')}`),
  ]
}

const factNames = {
  caller: 'caller',
  peer: 'address of the caller',
  annotations: 'annotations of the tool',
  args: 'arguments',
} as const

const openText = ({ rule, on }: OpenRuleReport): string =>
  `depends on ${on.map((fact) => factNames[fact]).join(' and ')}: rule ${quoted(rule)}`

/** Why, in one line. */
export const reasonText = (decided: Decided): string => {
  const { access, problem, scopes, depends, report_only: reported } = decided
  const open = depends.filter(({ report_only: only }) => !only).map(openText)
  const causes = problem?.case === 'failed' ? [problem.detail] : causesText(decided)
  const missing = access === 'scopes' ? [problem?.detail ?? ''] : []
  const needed =
    access === 'scopes' || scopes.length === 0 ? [] : [`needs the scopes ${scopes.join(' ')}`]
  const would = [
    ...reported.map(({ rule }) => rule),
    ...depends.filter(({ report_only: only }) => only).map(({ rule }) => rule),
  ]
  const main = [...missing, ...causes, ...needed, ...open]
  return [
    ...(main.length === 0 ? ['nothing restricts it'] : main),
    ...(would.length === 0 ? [] : [`report only: ${listText(would)}`]),
  ].join('; ')
}

export const accessMark = (access: Decided['access'] | 'taken', style: Style): string =>
  ({
    allowed: style.green('allowed'),
    depends: style.yellow('depends'),
    scopes: style.yellow('scopes'),
    denied: style.red('denied'),
    taken: style.dim('taken'),
  })[access]

const kindNames: Readonly<Record<ListKind, string>> = {
  tools: 'tool',
  resources: 'resource',
  resourceTemplates: 'template',
  prompts: 'prompt',
}

interface Row {
  readonly kind: string
  readonly item: ItemAccess
}

const markWidth = 7
const widestName = 48

const rowLines = (rows: readonly Row[], { style, columns }: View): readonly string[] => {
  const widest = columns === undefined ? Infinity : widestName
  const names = Math.min(widest, longest(rows.map(({ item }) => printable(item.name))))
  const kinds = longest(rows.map(({ kind }) => kind))
  return rows.map(({ kind, item }) => {
    const mark = padded(accessMark(item.taken === null ? item.access : 'taken', style), markWidth)
    const reason =
      item.taken === null ? reasonText(item) : `backend ${item.taken} has this name before it`
    const head = `  ${mark}  ${style.dim(padded(kind, kinds))}  ${padded(printable(item.name), names)}  `
    return hanging(head, printable(reason), columns)
  })
}

const backendLines = (one: BackendAccess, view: View): readonly string[] => {
  const { style } = view
  const { backend, lists, trouble } = one
  const head = style.bold(printable(backend))
  if (trouble !== null) return [head, ...troubleLines(trouble, style.red('  not asked'), view)]
  const rows = lists.flatMap(({ kind, items }) =>
    items.map((item) => ({ kind: kindNames[kind], item })),
  )
  const troubles = lists.flatMap(({ kind, trouble: why }) =>
    why === null
      ? []
      : [hanging(`  ${style.yellow('!')}  ${kind}  `, printable(why), view.columns)],
  )
  return [rows.length === 0 ? `${head}  lists nothing` : head, ...rowLines(rows, view), ...troubles]
}

const rolesText = ({ roles }: AccessReport): readonly string[] =>
  roles === null ? [] : [roles.length === 0 ? 'no role' : `roles ${listText(roles)}`]

export const accessText = (access: AccessReport | null, view: View): string => {
  const title = view.style.bold('Access')
  if (access === null) return `${title}  none: the token is not accepted`
  const { config, endpoint, max_argument_size: size } = access
  const facts = [
    `by the policy of ${config}`,
    ...(endpoint === endpointPath ? [] : [`at ${endpoint}`]),
    ...rolesText(access),
    ...(size === null ? [] : [`arguments of at most ${String(size)} bytes`]),
  ]
  return [
    hanging(`${title}  `, printable(facts.join(', ')), view.columns),
    ...access.backends.flatMap((one) => ['', ...backendLines(one, view)]),
  ].join('\n')
}

/** What --quiet leaves of it. */
export const accessLine = (access: AccessReport | null): string => {
  if (access === null) return 'sees nothing: the token is not accepted'
  const items = access.backends.flatMap(({ lists }) => lists.flatMap((list) => list.items))
  const own = items.filter(({ taken }) => taken === null)
  const counts = (['allowed', 'depends', 'scopes', 'denied'] as const).flatMap((word) => {
    const n = own.filter((item) => item.access === word).length
    return n === 0 ? [] : [`${String(n)} ${word}`]
  })
  const down = access.backends.filter(({ verdict }) => verdict === 'unreached')
  const unasked = down.map(({ backend }) => `${backend} not asked`)
  return printable([...counts, ...unasked].join(', ')) || 'nothing is listed'
}
