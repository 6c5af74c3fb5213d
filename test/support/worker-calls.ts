// Calls of tools of the workers, and whether what their callers read of them is true.
import { modernMeta, modernVersion, sendTo } from './proxy.ts'

/** How a call ended, as its caller read it. */
export interface EndedCall {
  readonly who: string
  readonly key: string
  readonly tool: 'read' | 'write'
  readonly text: string | undefined
  readonly code: string | undefined
  readonly case: string | undefined
}

/** Calls a tool of the backend `worker`, as one of the people that have tokens, in the stateless era. */
export const callerOf =
  (origin: string, tokens: Readonly<Record<string, string>>) =>
  async (who: string, tool: EndedCall['tool'], key: string, ms: number): Promise<EndedCall> => {
    const name = `worker__${tool}`
    const answer = await sendTo(origin, {
      token: tokens[who] ?? '',
      headers: {
        'mcp-protocol-version': modernVersion,
        'mcp-method': 'tools/call',
        'mcp-name': name,
      },
      body: {
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { _meta: modernMeta(), name, arguments: { key, ms } },
      },
    })
    const { result, error } = answer.json() as {
      result?: { content: { text: string }[] }
      error?: { data?: { code?: string; case?: string } }
    }
    return {
      who,
      key,
      tool,
      text: result?.content[0]?.text,
      code: error?.data?.code,
      case: error?.data?.case,
    }
  }

/** These say that the call was not sent. */
const unsent = new Set(['backend-unavailable', 'backend-circuit', 'limit-backend-calls'])

/** How often a call may have been carried out, by what its caller read. */
const allowed = ({ text, code, case: name }: EndedCall): readonly number[] => {
  if (text !== undefined) return [1]
  if (code !== undefined && (unsent.has(code) || name === 'queued')) return [0]
  return [0, 1]
}

/** Writes that were carried out more or less often than their callers read, and reads that nothing has answered. */
export const wronglyEnded = (
  ended: readonly EndedCall[],
  ledger: readonly string[],
): readonly EndedCall[] => {
  const carriedOut = new Map<string, number>()
  for (const line of ledger) {
    // By whichever server it was carried out.
    const what = line.slice(line.indexOf(' ') + 1)
    carriedOut.set(what, (carriedOut.get(what) ?? 0) + 1)
  }
  return ended.filter((one) => {
    const times = carriedOut.get(`${one.tool} ${one.key}`) ?? 0
    return one.tool === 'write'
      ? !allowed(one).includes(times)
      : one.text !== undefined && times === 0
  })
}
