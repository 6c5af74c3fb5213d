// What the proxy says of itself to clients: the union of what its backends offer and it carries.
import { within } from '../../base/within.ts'
import { agreementFor, type Agreement, type Backend } from '../../backends/backend.ts'
import type { Clock } from '../../base/clock.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { problemOf } from '../../problems/problem.ts'
import { appsExtension, declaredApps } from '../../mcp/apps.ts'
import type { Call, ClientFacts, Handler, Reply } from '../../mcp/call.ts'
import { lazyFromValue } from '../../mcp/lazy-object.ts'
import { isLogLevel } from '../../mcp/log-level.ts'
import { metaKeys, modernVersions, negotiateLegacy, type Era } from '../../mcp/revision.ts'
import { taskCapabilities } from '../tasks/tasks.ts'

export interface Identity {
  readonly name: string
  readonly version: string
  readonly instructions: string | undefined
}

const carried = ['tools', 'prompts', 'resources', 'completions', 'logging'] as const
const listed: readonly string[] = ['tools', 'prompts', 'resources']

/** A backend that is away may have anything when it is back, and sessions keep what they were told first. */
const offers = (agreed: Agreement | undefined, capability: string): boolean =>
  agreed === undefined ? capability !== 'logging' : isJsonObject(agreed.capabilities[capability])

const tellsUpdates = (agreed: Agreement | undefined): boolean => {
  if (agreed === undefined) return true
  const { resources } = agreed.capabilities
  return isJsonObject(resources) && resources['subscribe'] === true
}

const offersViews = (agreed: Agreement | undefined): boolean =>
  agreed !== undefined && declaredApps(agreed.capabilities) !== undefined

const capabilitiesOf = (backends: readonly Backend[], client: ClientFacts): JsonObject => {
  const agreements = backends.map(({ health }) => agreementFor(health, client.era))
  const healths = backends.map(({ health }) => health)
  const { extensions: taskExtensions, ...tasks } = taskCapabilities(healths, client)
  const extensions = {
    ...(isJsonObject(taskExtensions) ? taskExtensions : {}),
    ...(agreements.some(offersViews) ? { [appsExtension]: {} } : {}),
  }
  return {
    ...plainCapabilities(agreements),
    ...tasks,
    ...(Object.keys(extensions).length === 0 ? {} : { extensions }),
  }
}

const plainCapabilities = (agreements: readonly (Agreement | undefined)[]): JsonObject =>
  Object.fromEntries(
    carried
      .filter((capability) => agreements.some((agreed) => offers(agreed, capability)))
      .map((capability) => [
        capability,
        {
          ...(listed.includes(capability) ? { listChanged: true } : {}),
          ...(capability === 'resources' && agreements.some(tellsUpdates)
            ? { subscribe: true }
            : {}),
        },
      ]),
  )

const longestInstructions = 16_384

const instructionsOf = (
  identity: Identity,
  backends: readonly Backend[],
  era: Era,
): string | undefined => {
  const parts = identity.instructions === undefined ? [] : [identity.instructions]
  for (const { name, health } of backends) {
    const instructions = agreementFor(health, era)?.instructions
    if (instructions !== undefined) parts.push(`${name}: ${instructions}`)
  }
  return parts.length === 0 ? undefined : parts.join('\n\n').slice(0, longestInstructions)
}

const connectMs = 3_000

/** Waits for backends that began to connect a moment ago, in that era: what they offer is asked only once. */
const untilSettled = async (
  backends: readonly Backend[],
  era: Era,
  clock: Clock,
): Promise<void> => {
  const isLong = ({ health }: Backend) =>
    health.state === 'starting' && clock.now() - health.since >= connectMs
  const settling = backends.flatMap((backend) =>
    isLong(backend) ? [] : (backend.prepare(era) ?? []),
  )
  if (settling.length === 0) return
  await within(Promise.all(settling), { ms: connectMs, clock }, () => undefined)
}

const answer = (result: JsonObject): Reply => ({ kind: 'result', result: lazyFromValue(result) })

export const createLocalAnswers = (
  identity: Identity,
  backends: readonly Backend[],
  clock: Clock,
): Handler => {
  const serverInfo = { name: identity.name, version: identity.version }

  const introduce = async (call: Call, asked: JsonObject): Promise<Reply> => {
    const { era } = call.caller.client
    await untilSettled(backends, era, clock)
    const instructions = instructionsOf(identity, backends, era)
    return answer({
      ...asked,
      capabilities: capabilitiesOf(backends, call.caller.client),
      ...(era === 'legacy' ? { serverInfo } : {}),
      ...(instructions === undefined ? {} : { instructions }),
      ...(era === 'modern' ? { _meta: { [metaKeys.serverInfo]: serverInfo } } : {}),
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
