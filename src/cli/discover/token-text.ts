// The first lines of `discover --token`: whether server and validator agree about the token, and what each says.
import { printable } from '../../base/escape.ts'
import { relative } from '../terminal/duration.ts'
import { messageText, type View } from '../report/checks-text.ts'
import { hanging, padded } from '../report/layout.ts'
import type { Style } from '../terminal/style.ts'
import type { TokenReport } from './token-report.ts'

const markOf = ({ agreement, server }: TokenReport, style: Style): string => {
  switch (agreement) {
    case 'accepted':
      return style.green.bold('ACCEPTED BY BOTH')
    case 'refused':
      return style.red.bold('REFUSED BY BOTH')
    case 'server-accepts':
      return style.red.bold('ACCEPTED BY THE SERVER ALONE')
    case 'server-refuses':
      return style.red.bold('REFUSED BY THE SERVER ALONE')
    case 'open':
      return style.green.bold('NO TOKEN NEEDED')
    case 'unjudged':
      return server?.outcome === 'refused'
        ? style.red.bold('REFUSED BY THE SERVER')
        : style.green.bold('ACCEPTED BY THE SERVER')
    case 'undecided':
      return style.yellow.bold('UNDECIDED')
    case 'not-shown':
      return style.yellow.bold('TOKEN NOT SHOWN')
  }
}

/** Where there is no problem to name. */
const agreed = ({ agreement }: TokenReport): string => {
  switch (agreement) {
    case 'accepted':
      return 'the server and its own metadata agree about the token'
    case 'open':
      return 'the server answers the same without a token, so its answer says nothing about this one'
    case 'unjudged':
      return 'we could not judge the token ourselves'
    case 'not-shown':
      return 'no MCP server was found that could be asked'
    case 'refused':
    case 'server-accepts':
    case 'server-refuses':
    case 'undecided':
      return 'the server or the authorization server did not return a usable answer'
  }
}

const causes = (same: boolean | null): string => {
  if (same === null) return ''
  return same ? '  (the same cause)' : '  (another cause than ours)'
}

const serverText = ({ server, same_cause: same, agreement }: TokenReport): string => {
  if (server === null) return 'not asked'
  const { outcome, asked, status, challenge, error, error_description: about, words } = server
  const said = [error, about, words].filter((text) => text !== null).join(': ')
  const answer =
    status === null ? `no answer to ${asked}` : `${outcome}: ${String(status)} to ${asked}`
  const named = challenge === null || said !== '' ? '' : `, challenge ${challenge.scheme}`
  const own = agreement === 'refused' ? causes(same) : ''
  return `${answer}${named}${said === '' ? '' : `  ${said}`}${own}`
}

const oursText = ({ ours }: TokenReport, nowSeconds: number): string => {
  const { verdict, because, problem, exp } = ours
  if (verdict === null) return `not judged: ${because ?? ''}`
  if (problem !== null) return `${verdict}: ${problem.code}  ${problem.detail}`
  return exp === null ? verdict : `${verdict}, it expires ${relative(exp, nowSeconds)}`
}

const kinds = { jwt: 'JWT', jwe: 'encrypted JWT', opaque: 'opaque' } as const

/** One line for --quiet. */
export const tokenLine = (report: TokenReport, style: Style): string => {
  const { problem } = report
  const rest =
    problem === null
      ? agreed(report)
      : `${style.bold(problem.code)}  ${messageText(problem.detail)}`
  return `${markOf(report, style)}  ${rest}`
}

export const tokenSection = (report: TokenReport, nowSeconds: number, view: View): string[] => {
  const { style, columns } = view
  const { problem, ours } = report
  const row = (name: string, text: string): string =>
    hanging(`  ${style.dim(padded(name, 6))}  `, messageText(text), columns)
  const head = markOf(report, style)
  const failing = ours.checks.filter(
    ({ id, status }) => status === 'fail' && id !== ours.problem?.code,
  )
  return [
    problem === null
      ? hanging(`${head}  `, agreed(report), columns)
      : hanging(`${head}  ${style.bold(problem.code)}  `, messageText(problem.detail), columns),
    ...(problem === null ? [] : [row('fix', problem.hint)]),
    ...(problem === null || problem.spec === null ? [] : [row('spec', problem.spec)]),
    row('server', serverText(report)),
    row('we', oursText(report, nowSeconds)),
    ...failing.map(({ id, message }) => row('', `also ${id}  ${message ?? ''}`)),
    ...(ours.expected === null
      ? []
      : [
          row(
            'by',
            [
              `issuer ${ours.expected.issuer ?? 'any'}`,
              `audience ${ours.expected.audience.join(' ') || 'any'}`,
              ...(ours.expected.required_scopes.length === 0
                ? []
                : [`scopes ${ours.expected.required_scopes.join(' ')}`]),
            ].join(', '),
          ),
        ]),
    row(
      'token',
      printable(
        `${kinds[report.kind]}, ${String(report.characters)} characters, fingerprint ${report.fingerprint}, from ${report.source}`,
      ),
    ),
  ]
}
