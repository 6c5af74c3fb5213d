// What commands report of a server: who it is, what was agreed with it, and how long that took.
import type { JsonObject } from '../../base/json.ts'
import { printable } from '../../base/escape.ts'
import type { Agreement } from '../../backends/backend.ts'
import type { BackendTransportConfig } from '../../backends/config.ts'
import type { Trouble } from './explain-trouble.ts'
import type { CheckReport, ProblemReport } from '../../core/verdict/checks-report.ts'
import { checkLines, type View } from '../report/checks-text.ts'
import { hanging } from '../report/layout.ts'

export interface ServerReport {
  readonly name: string | null
  readonly version: string | null
  readonly era: Agreement['era']
  readonly protocol_version: string
  readonly transport: BackendTransportConfig['transport']
  readonly capabilities: JsonObject
  readonly instructions: string | null
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)

export const serverReport = (
  { era, protocolVersion, capabilities, serverInfo, instructions, transport }: Agreement,
  config: BackendTransportConfig,
): ServerReport => ({
  name: textOf(serverInfo?.['name']),
  version: textOf(serverInfo?.['version']),
  era,
  protocol_version: protocolVersion,
  transport: transport ?? config.transport,
  capabilities,
  instructions: instructions ?? null,
})

const transportNames = {
  stdio: 'stdio',
  http: 'Streamable HTTP',
  sse: 'HTTP+SSE',
  websocket: 'WebSocket',
} as const

export const eraText = ({ era, protocol_version: version }: ServerReport): string =>
  `${version} (${era === 'modern' ? 'stateless' : 'sessions'})`

/** `fixture 2.0.0  2026-07-28 (stateless), Streamable HTTP`. */
export const serverText = (server: ServerReport): string => {
  const name = [server.name, server.version].filter((part) => part !== null).join(' ')
  const said = name === '' ? 'a server without a name' : name
  return printable(`${said}, ${eraText(server)}, ${transportNames[server.transport]}`)
}

export const msText = (ms: number): string =>
  ms < 1000 ? `${String(Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`

export interface TroubleReport {
  readonly problem: ProblemReport
  readonly findings: readonly CheckReport[]
  /** The last lines that a child wrote to stderr. */
  readonly said: readonly string[]
}

export const troubleReport = (
  { problem, findings }: Pick<Trouble, 'problem' | 'findings'>,
  said: readonly string[],
): TroubleReport => ({ problem, findings, said })

const longestSaid = 300

/** The cause first, its remedy, what a child said, and what else was found. */
export const troubleLines = (
  { problem, findings, said }: TroubleReport,
  mark: string,
  view: View,
): string[] => {
  const { style, columns } = view
  const others = findings.filter(
    ({ id, case: name }) => id !== problem.code || name !== problem.case,
  )
  return [
    hanging(`${mark}  ${style.bold(problem.code)}  `, printable(problem.detail), columns),
    ...said.map((line) =>
      hanging(`  ${style.dim('stderr')} `, printable(line.slice(0, longestSaid)), columns),
    ),
    hanging(`  ${style.dim('fix')}    `, printable(problem.hint), columns),
    ...(problem.spec === null ? [] : [`  ${style.dim('spec')}   ${problem.spec}`]),
    ...checkLines(others, view),
  ]
}

export const nextLines = (next: readonly string[], { style }: View): string[] =>
  next.map((command, index) => `${style.dim(index === 0 ? 'next' : '    ')}  ${printable(command)}`)
