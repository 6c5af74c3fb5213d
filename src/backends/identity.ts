// The caller as a backend is shown it: made from its accepted token by an allow-list, never copied from what it sent.
import type { JsonObject } from '../base/json.ts'
import type { Principal } from '../base/principal.ts'
import type { Call, Caller } from '../mcp/call.ts'
import { encodeHeaderValue } from '../mcp/header-value.ts'
import type { JsonRpcRequest } from '../mcp/json-rpc.ts'
import { metaOf } from '../mcp/revision.ts'
import { isHeaderValue } from './credential.ts'
import { identityFields, type ForwardConfig, type IdentityField } from './forward-config.ts'

type HeaderList = readonly (readonly [name: string, value: string])[]

const fieldOf = (
  { sub, iss, clientId, scopes }: Principal,
  field: IdentityField,
): string | undefined =>
  ({
    subject: sub,
    issuer: iss,
    client_id: clientId,
    scopes: scopes.length === 0 ? undefined : scopes.join(' '),
  })[field]

const isKnown = ({ principal, operator }: Caller): boolean =>
  operator !== true && principal.method !== 'none'

/** What a caller sent that a backend is given under other names; undefined where it is given none of any caller. */
export const copiedHeaders = ({
  forward_headers: passed = {},
}: Partial<ForwardConfig>): ((caller: Caller) => HeaderList) | undefined => {
  const copied = Object.entries(passed).map(
    ([from, to]) => [from.toLowerCase(), to.toLowerCase()] as const,
  )
  if (copied.length === 0) return undefined
  return ({ headers }) =>
    copied.flatMap(([from, to]) => {
      const value = headers?.[from]
      // What node:http joined or decoded into something else is not what the caller said.
      return typeof value === 'string' && isHeaderValue(value) ? [[to, value] as const] : []
    })
}

/** The headers of a caller that a backend is given; undefined where it is given none of any caller. */
export const callerHeaders = (
  config: Partial<ForwardConfig>,
): ((caller: Caller) => HeaderList) | undefined => {
  const { forward_auth: identity } = config
  const named = identityFields.flatMap((field) => {
    const name = identity?.headers[field]
    return name === undefined ? [] : [[field, name.toLowerCase()] as const]
  })
  const copied = copiedHeaders(config)
  if (named.length === 0 && copied === undefined) return undefined
  return (caller) => [
    ...(isKnown(caller)
      ? named.flatMap(([field, name]) => {
          const value = fieldOf(caller.principal, field)
          return value === undefined ? [] : [[name, encodeHeaderValue(value)] as const]
        })
      : []),
    ...(copied?.(caller) ?? []),
  ]
}

const identityOf = ({ iss, sub, clientId, scopes }: Principal): JsonObject => ({
  ...(iss === undefined ? {} : { iss }),
  ...(sub === undefined ? {} : { sub }),
  ...(clientId === undefined ? {} : { client_id: clientId }),
  scopes: [...scopes],
})

/** Writes the caller into `_meta` of its request, in place of whatever it wrote there itself. */
export const callerMeta = ({
  forward_auth: identity,
}: Partial<ForwardConfig>):
  ((request: JsonRpcRequest, call: Pick<Call, 'caller'>) => JsonRpcRequest) | undefined => {
  const key = identity?.meta
  if (key === undefined) return undefined
  return (request, { caller }) => {
    const { [key]: _own, ...meta } = metaOf(request.params) ?? {}
    const shown = isKnown(caller) ? { ...meta, [key]: identityOf(caller.principal) } : meta
    return { ...request, params: { ...request.params, _meta: shown } }
  }
}
