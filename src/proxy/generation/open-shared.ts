// What this process shares with other replicas, and the keys with which it seals what leaves it.
import type { Ports } from '../../base/ports.ts'
import { sectionKey } from '../../base/section-key.ts'
import type { Config } from '../../config/schema.ts'
import { sealKeyOf, type StateSealer } from '../../mcp/request-state.ts'
import type { ResumeHere, Shared } from '../../shared/shared.ts'
import type { Durable } from './durable.ts'
import type { Take } from './open-limits.ts'

export const useSealKeys = (
  sealer: Pick<StateSealer, 'use'>,
  { seal_key: first, other_seal_keys: others }: Config['security'],
): void => sealer.use(first && sealKeyOf(first), others.map(sealKeyOf))

/** Undefined where the configuration shares nothing. Goes on under the next configuration where the section does. */
export const openShared = async (
  { shared }: Config,
  take: Take,
  ports: Ports,
  { sealer, suspensions }: Pick<Durable, 'sealer' | 'suspensions'>,
): Promise<Shared | undefined> =>
  shared === undefined
    ? undefined
    : take<Shared>(
        `shared ${sectionKey(shared)}`,
        async () => {
          const opened = await import('../../shared/open-redis.ts')
          const resumeHere: ResumeHere = ({ binding, content, call }) =>
            suspensions.resume(call, (next) => sealer.seal(next, binding), content)
          return opened.openShared(shared, { ports, sealer, resumeHere })
        },
        (open) => open.close(),
      )
