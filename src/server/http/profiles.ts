// The endpoints beside /mcp: for each profile a generation of its own, which shares backends, limits and memory with the first.
import type { Ports } from '../../base/ports.ts'
import { profileConfig, profilePath } from '../../config/profiles.ts'
import type { Config } from '../../config/schema.ts'
import type { Durable } from '../../proxy/generation/durable.ts'
import { assemble, type Generation, type Parts } from '../../proxy/generation/generation.ts'
import { createSessions, type SessionLimits, type Sessions } from './sessions.ts'

/** One of them, assembled. */
export interface OpenProfile {
  readonly path: string
  readonly generation: Generation
  /** Sessions of one endpoint are unknown at another. */
  readonly sessions: Sessions
}

export interface ProfileParts {
  readonly ports: Ports
  readonly durable: Durable
  readonly parts: Parts | undefined
  readonly sessions: SessionLimits | undefined
}

/** What outlives the configurations, by the name of the profile. */
interface Kept {
  readonly durable: Durable
  readonly sessions: Sessions
}

export class Profiles {
  private readonly parts: ProfileParts
  private readonly kept = new Map<string, Kept>()

  constructor(parts: ProfileParts) {
    this.parts = parts
  }

  /** `config`: with the port that the proxy listens on. Rejects with a UsageError, and leaves nothing open. */
  async assemble(config: Config): Promise<readonly OpenProfile[]> {
    const { ports, parts } = this.parts
    const opened: OpenProfile[] = []
    try {
      for (const profile of config.profiles) {
        const { durable, sessions } = this.keep(profile.name)
        const own = profileConfig(config, profile)
        const generation = await assemble(own, ports, parts, durable, profile)
        opened.push({ path: profilePath(profile), generation, sessions })
      }
      return opened
    } catch (error) {
      await Promise.all(opened.map(({ generation }) => generation.close(0)))
      throw error
    }
  }

  broadcast(method: string): void {
    for (const { sessions } of this.kept.values()) sessions.broadcast(method)
  }

  tick(): void {
    for (const { sessions } of this.kept.values()) sessions.tick()
  }

  private keep(name: string): Kept {
    const { ports, durable, sessions } = this.parts
    const known = this.kept.get(name) ?? {
      durable: durable.beside(),
      sessions: createSessions(ports.clock, sessions),
    }
    this.kept.set(name, known)
    return known
  }
}
