// What the proxy says of itself to clients: the union of what its backends offer and it carries.
import { within } from '../../base/within.ts'
import type { Backend } from '../../backends/backend.ts'
import type { Clock } from '../../base/clock.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { problemOf } from '../../problems/problem.ts'
import { appsExtension, declaredApps } from '../../mcp/apps.ts'
import type { Call, ClientFacts, Handler, Reply } from '../../mcp/call.ts'
import { lazyFromValue } from '../../mcp/lazy-object.ts'
import { isLogLevel } from '../../mcp/log-level.ts'
import { metaKeys, modernVersions, negotiateLegacy } from '../../mcp/revision.ts'
import { taskCapabilities } from '../tasks/tasks.ts'

export interface Identity {
  readonly name: string
  readonly version: string
  readonly instructions: string | undefined
}

const carried = ['tools', 'prompts', 'resources', 'completions', 'logging'] as const
const listed: readonly string[] = ['tools', 'prompts', 'resources']

/** A backend that is away may have anything when it is back, and sessions keep what they were told first. */
const offers = ({ health }: Backend, capability: string): boolean =>
  health.state === 'up' ? isJsonObject(health.capabilities[capability]) : capability !== 'logging'

const tellsUpdates = ({ health }: Backend): boolean => {
  if (health.state !== 'up') return true
  const resources = health.capabilities['resources']
  return isJsonObject(resources) && resources['subscribe'] === true
}

const offersViews = ({ health }: Backend): boolean =>
  health.state === 'up' && declaredApps(health.capabilities) !== undefined

const capabilitiesOf = (backends: readonly Backend[], client: ClientFacts): JsonObject => {
  const healths = backends.map(({ health }) => health)
  const { extensions: taskExtensions, ...tasks } = taskCapabilities(healths, client)
  const extensions = {
    ...(isJsonObject(taskExtensions) ? taskExtensions : {}),
    ...(backends.some(offersViews) ? { [appsExtension]: {} } : {}),
  }
  return {
    ...plainCapabilities(backends),
    ...tasks,
    ...(Object.keys(extensions).length === 0 ? {} : { extensions }),
  }
}

const plainCapabilities = (backends: readonly Backend[]): JsonObject =>
  Object.fromEntries(
    carried
      .filter((capability) => backends.some((backend) => offers(backend, capability)))
      .map((capability) => [
        capability,
        {
          ...(listed.includes(capability) ? { listChanged: true } : {}),
          ...(capability === 'resources' && backends.some(tellsUpdates) ? { subscribe: true } : {}),
        },
      ]),
  )

const longestInstructions = 16_384

const instructionsOf = (identity: Identity, backends: readonly Backend[]): string | undefined => {
  const parts = identity.instructions === undefined ? [] : [identity.instructions]
  for (const { name, health } of backends) {
    if (health.state === 'up' && health.instructions !== undefined) {
      parts.push(`${name}: ${health.instructions}`)
    }
  }
  return parts.length === 0 ? undefined : parts.join('\n\n').slice(0, longestInstructions)
}

const connectMs = 3_000

/** Waits for backends that began to connect a moment ago: what they offer is asked only once. */
const untilSettled = async (backends: readonly Backend[], clock: Clock): Promise<void> => {
  const starting = backends.filter(
    ({ health }) => health.state === 'starting' && clock.now() - health.since < connectMs,
  )
  if (starting.length === 0) return
  const ends: (() => void)[] = []
  const settled = starting.map(
    (backend) =>
      new Promise<void>((resolve) => {
        ends.push(backend.subscribe(({ kind }) => (kind === 'health' ? resolve() : undefined)))
      }),
  )
  try {
    await within(Promise.all(settled), { ms: connectMs, clock }, () => undefined)
  } finally {
    for (const end of ends) end()
  }
}

const answer = (result: JsonObject): Reply => ({ kind: 'result', result: lazyFromValue(result) })

export const createLocalAnswers = (
  identity: Identity,
  backends: readonly Backend[],
  clock: Clock,
): Handler => {
  const serverInfo = { name: identity.name, version: identity.version }

  const introduce = async (call: Call, asked: JsonObject): Promise<Reply> => {
    await untilSettled(backends, clock)
    const instructions = instructionsOf(identity, backends)
    return answer({
      ...asked,
      capabilities: capabilitiesOf(backends, call.caller.client),
      ...(call.caller.client.era === 'legacy' ? { serverInfo } : {}),
      ...(instructions === undefined ? {} : { instructions }),
      ...(call.caller.client.era === 'modern'
        ? { _meta: { [metaKeys.serverInfo]: serverInfo } }
        : {}),
    })
  }

  return (call) => {
    const { method, params } = call.request
    switch (method) {
      case 'initialize':
        return introduce(call, { protocolVersion: negotiateLegacy(params?.['protocolVersion']) })
      case 'server/discover':
        return introduce(call, {
          resultType: 'complete',
          supportedVersions: [...modernVersions],
          ttlMs: 0,
          cacheScope: 'private',
        })
      case 'logging/setLevel':
        return Promise.resolve(
          isLogLevel(params?.['level'])
            ? answer({})
            : {
                kind: 'refusal',
                problem: problemOf('req-params', 'level'),
              },
        )
      default:
        return Promise.resolve(answer({}))
    }
  }
}
