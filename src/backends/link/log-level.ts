// Asks a session-era backend for the log messages that its callers want: one level holds for a whole session.
import { isJsonObject } from '../../base/json.ts'
import type { Call } from '../../mcp/call.ts'
import { isLogLevel, passesLevel } from '../../mcp/log-level.ts'
import { nobody } from '../../mcp/questions.ts'
import { metaKeys, metaOf } from '../../mcp/revision.ts'
import type { Link } from './link.ts'

/** What the caller asked for: once in its session, or in this request. */
export const wantedLevel = ({ caller: { session }, request }: Pick<Call, 'caller' | 'request'>) => {
  const level = session?.logLevel ?? metaOf(request.params)?.[metaKeys.logLevel]
  return isLogLevel(level) ? level : undefined
}

export interface LogLevels {
  /** Undefined when the session tells enough already. The most verbose wish holds; callers get what they asked for. */
  raise(link: Link, level: string): Promise<void> | undefined
}

export const createLogLevels = (): LogLevels => {
  const current = new WeakMap<Link, string>()
  const never = new AbortController().signal
  return {
    raise: (link, level) => {
      const { era, capabilities } = link.agreement
      if (era !== 'legacy' || !isJsonObject(capabilities['logging'])) return undefined
      const before = current.get(link)
      if (before !== undefined && passesLevel(level, before)) return undefined
      current.set(link, level)
      const request = {
        jsonrpc: '2.0',
        id: 0,
        method: 'logging/setLevel',
        params: { level },
      } as const
      return link.transport.request(request, nobody, never).then(() => undefined)
    },
  }
}
