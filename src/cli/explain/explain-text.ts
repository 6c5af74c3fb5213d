// The page of a check, and the list of checks by group, as a person reads them.
import { groups } from '../../problems/groups.ts'
import { printable } from '../../base/escape.ts'
import type { CheckPage, ExplainReport, SignReport } from './explain-report.ts'
import type { Style } from '../terminal/style.ts'
import type { View } from '../report/checks-text.ts'
import { hanging, longest, padded } from '../report/layout.ts'

const severityMark = (severity: CheckPage['severity'], style: Style): string =>
  ({
    fatal: style.red.bold('fatal'),
    high: style.red('high'),
    medium: style.yellow('medium'),
    low: style.dim('low'),
    info: style.dim('info'),
  })[severity]

const refusals = {
  always: 'refuses, always',
  configured: 'refuses where the configuration or the strategy asks for it',
  never: 'does not refuse: this is advice',
} as const

const answerText = ({ refuses, answer }: CheckPage): string => {
  if (answer === null) return refusals[refuses]
  const parts = [
    ...(answer.http === null ? [] : [`HTTP ${String(answer.http)}`]),
    ...(answer.oauth === null ? [] : [`error="${answer.oauth}"`]),
    ...(answer.jsonrpc === null ? [] : [`JSON-RPC ${String(answer.jsonrpc)}`]),
  ]
  const tail = parts.length === 0 ? '' : `: ${answer.outcome}, ${parts.join(', ')}`
  return `${refusals[refuses]}${tail}`
}

const pageLines = (page: CheckPage, view: View): string[] => {
  const { style, columns } = view
  const rows: (readonly [string, string | null])[] = [
    ['group', groups[page.group]?.title ?? page.group],
    ['looks at', page.looks_at],
    ...page.cases.flatMap(({ case: name, message, hint }) => [
      ['says', name === null ? message : `${message} (${name})`] as const,
      ['fix', hint] as const,
    ]),
    ['serve', answerText(page)],
    ['spec', page.spec],
    ...page.providers.map(({ provider, text }) => ['hint', `${provider}: ${text}`] as const),
    ['related', page.related.length === 0 ? null : page.related.join(', ')],
    ['next', page.next],
  ]
  return [
    hanging(
      `${style.bold(page.id)}  ${severityMark(page.severity, style)}  `,
      printable(page.title),
      columns,
    ),
    ...rows.flatMap(([name, text]) =>
      text === null ? [] : [hanging(`  ${style.dim(padded(name, 8))}  `, printable(text), columns)],
    ),
  ]
}

const listLines = (pages: readonly CheckPage[], view: View): string[] => {
  const { style, columns } = view
  const width = longest(pages.map(({ id }) => id))
  return pages.map(({ id, severity, title, refuses }) =>
    hanging(
      `  ${padded(id, width)}  ${padded(severityMark(severity, style), 6)}  ${refuses === 'always' ? '!' : refuses === 'configured' ? '?' : ' '} `,
      printable(title),
      columns,
    ),
  )
}

const legend =
  'serve refuses: ! always, ? where the configuration or the strategy asks for it. One check: mcp-proxy explain <id>'

const signLines = (signs: readonly SignReport[], { style, columns }: View): string[] =>
  signs.flatMap(({ message, source, checks, next }, index) => {
    const row = (name: string, text: string): string =>
      hanging(`   ${style.dim(padded(name, 6))} `, printable(text), columns)
    const head = `${String(index + 1)}. `
    return [
      hanging(head, index === 0 ? style.bold(printable(message)) : printable(message), columns),
      ...(source === null ? [] : [row('source', source)]),
      row('pages', checks.join(', ')),
      ...(index === 0 ? [row('next', next)] : []),
    ]
  })

/** What was recognised, the page of the likeliest check, and the titles of the others. */
const recognisedText = ({ signs, checks }: ExplainReport, view: View): string => {
  const [first, ...others] = checks
  return [
    ...signLines(signs, view),
    ...(first === undefined ? [] : ['', ...pageLines(first, view)]),
    ...(others.length === 0 ? [] : ['', 'Also possible:', ...listLines(others, view)]),
  ].join('\n')
}

/** One page where one check was meant, else the checks under the titles of their groups. */
export const pagesText = (report: ExplainReport, view: View): string => {
  const { checks, exact, query, signs } = report
  if (signs.length > 0) return recognisedText(report, view)
  const [only] = checks
  if (only !== undefined && (exact || checks.length === 1)) return pageLines(only, view).join('\n')
  const { style, columns } = view
  if (query !== null) {
    return [
      `${String(checks.length)} checks speak of ${printable(query)}`,
      ...listLines(checks, view),
      '',
      hanging('', style.dim(legend), columns),
    ].join('\n')
  }
  return [
    ...Object.entries(groups).flatMap(([group, { title, about }]) => {
      const pages = checks.filter((page) => page.group === group)
      if (pages.length === 0) return []
      const plainAbout = about.replace(/ See also .*$/, '')
      return [
        hanging(`${style.bold(title)}  `, style.dim(plainAbout), columns),
        ...listLines(pages, view),
        '',
      ]
    }),
    hanging('', style.dim(legend), columns),
  ].join('\n')
}
