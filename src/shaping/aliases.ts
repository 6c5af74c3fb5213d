// The names of tools that the operator gave them, and back. An old name leads nowhere, unless another tool has it now.
import type { ShapingConfig } from './shaping-config.ts'

/** On names of one backend, without its prefix. */
export interface Aliases {
  /** Undefined: another tool has the name of this one, which has none then. */
  shown(local: string): string | undefined
  /** Undefined: the name was given up. */
  local(shown: string): string | undefined
}

/** Undefined where there are none. Of two for one tool, or to one name, the configuration was refused before. */
export const compileAliases = ({
  aliases,
}: Pick<ShapingConfig, 'aliases'>): Aliases | undefined => {
  if (aliases.length === 0) return undefined
  const byLocal = new Map(aliases.map(({ from, to }) => [from, to]))
  const byShown = new Map(aliases.map(({ from, to }) => [to, from]))
  return {
    shown: (local) => byLocal.get(local) ?? (byShown.has(local) ? undefined : local),
    local: (shown) => byShown.get(shown) ?? (byLocal.has(shown) ? undefined : shown),
  }
}
