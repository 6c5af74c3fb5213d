// Every request that `discover` made, as the table of attempts shows it.
import type { Exchange } from '../../net/exchange.ts'
import type { McpProbe } from '../../core/resource/mcp-probes.ts'
import type { Investigation } from '../../core/investigation/investigation.ts'

export interface ExchangeReport {
  readonly step: 'resource' | 'resource-metadata' | 'authorization-server' | 'key-set' | 'token'
  /** What the request was for, where its address does not tell. */
  readonly asked: string | null
  readonly method: string
  readonly url: string
  readonly status: number | null
  readonly type: string | null
  readonly bytes: number
  readonly ms: number
  readonly used: boolean
  readonly redirects: readonly string[]
  readonly problem: string | null
}

interface Told {
  readonly step: ExchangeReport['step']
  readonly used: boolean
  readonly asked?: string
  readonly problem?: string | undefined
}

const exchangeReport = (
  answer: Exchange,
  { step, used, asked, problem }: Told,
): ExchangeReport => ({
  step,
  asked: asked ?? null,
  method: answer.method,
  url: answer.redirects[0]?.url ?? answer.url,
  status: answer.status ?? null,
  type: answer.contentType ?? null,
  bytes: answer.bytes,
  ms: Math.round(answer.ms),
  used,
  redirects:
    answer.redirects.length === 0
      ? []
      : [...answer.redirects.slice(1).map(({ url }) => url), answer.url],
  problem:
    answer.fault?.kind === 'aborted'
      ? 'no answer within --timeout'
      : (answer.fault?.detail ?? problem ?? null),
})

export const attemptsOf = (found: Investigation): readonly ExchangeReport[] => {
  const { resource, server, servers, keys } = found
  return [
    ...(resource?.probes ?? []).map(({ asked, exchange }) =>
      exchangeReport(exchange, {
        step: 'resource',
        asked,
        used: exchange === resource?.probe && exchange.status !== undefined,
      }),
    ),
    ...(resource?.attempts ?? []).map(({ exchange, document }) =>
      exchangeReport(exchange, {
        step: 'resource-metadata',
        used: document !== undefined && document === resource?.metadata,
      }),
    ),
    ...(resource?.reread === undefined
      ? []
      : [
          exchangeReport(resource.reread, {
            step: 'resource-metadata',
            asked: 'as a web page asks for it',
            used: false,
          }),
        ]),
    ...servers.flatMap((other) =>
      other.attempts.map(({ exchange, outcome, problem }) =>
        exchangeReport(exchange, {
          step: 'authorization-server',
          used: other === server && outcome === 'used',
          problem,
        }),
      ),
    ),
    ...(keys === undefined
      ? []
      : [exchangeReport(keys.exchange, { step: 'key-set', used: keys.examination !== undefined })]),
  ]
}

/** The requests that brought a token. */
export const tokenAttempts = (probes: readonly McpProbe[]): readonly ExchangeReport[] =>
  probes.map(({ asked, exchange }) =>
    exchangeReport(exchange, { step: 'token', asked, used: false }),
  )
