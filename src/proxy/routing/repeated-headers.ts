// Arguments that headers repeat, between what the caller calls them and what the backend does.
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { Call, Reply } from '../../mcp/call.ts'
import { contradicted, paramHeaders, type Mirrored } from '../../mcp/param-headers.ts'
import { problemOf } from '../../problems/problem.ts'
import type { Target } from './resolve.ts'

/** The arguments that headers repeat. */
interface Repeated {
  /** In the words of the caller. */
  readonly shown: readonly Mirrored[]
  /** In the words of the backend. */
  readonly own: readonly Mirrored[]
}

const none: readonly Mirrored[] = []

/** Undefined where headers repeat no argument of the tool. */
export const repeatedIn = (
  { member, local, view }: Target,
  { caller }: Call,
): Repeated | undefined => {
  const tools = (view ?? member.views.of(caller.client.era)).peek('tools')
  const own = tools?.mirrored?.get(local)
  if (own === undefined) return undefined
  const { shownMirrored } = tools ?? {}
  return { own, shown: shownMirrored === undefined ? own : (shownMirrored.get(local) ?? none) }
}

/** What a caller repeated in headers must be true, and is repeated to the backend whether the caller did so or not. */
export const withParamHeaders = (
  call: Call,
  { shown, own }: Repeated,
  ownArgs: JsonObject | undefined,
): Call | Reply => {
  const args = call.request.params?.['arguments']
  const header = call.headers === undefined ? undefined : contradicted(shown, args, call.headers)
  if (header !== undefined) {
    const detail = problemOf('req-header-mismatch', { header })
    return { kind: 'refusal', problem: detail }
  }
  const sent = ownArgs ?? (isJsonObject(args) ? args : undefined)
  return { ...call, paramHeaders: paramHeaders(own, sent) }
}
