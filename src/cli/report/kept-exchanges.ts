// Requests with their answers, kept for a page that shows them: redacted, and only where one is made.
import type { JsonObject } from '../../base/json.ts'
import type { Ports } from '../../base/ports.ts'
import {
  recordedExchanges,
  type RecordedExchange,
} from '../../net/interceptors/recorded-exchanges.ts'
import { cleanerFor, savedExchange } from './saved-exchange.ts'

export interface KeptExchanges {
  /** What is asked through these is kept. */
  readonly around: (ports: Ports) => Ports
  readonly exchanges: () => readonly JsonObject[]
}

/** `secrets`: what a server could repeat. */
export const keptExchanges = (
  wanted: boolean,
  secrets: readonly string[],
  env: NodeJS.ProcessEnv,
): KeptExchanges => {
  if (!wanted) return { around: (ports) => ports, exchanges: () => [] }
  const clean = cleanerFor([...secrets, env['MCP_PROXY_TOKEN'], env['MCP_PROXY_CLIENT_SECRET']])
  let recorded: readonly RecordedExchange[] = []
  return {
    around: (ports) => {
      const recording = recordedExchanges(ports)
      recorded = recording.exchanges
      return recording.ports
    },
    exchanges: () => recorded.map((exchange) => savedExchange(exchange, clean)),
  }
}
