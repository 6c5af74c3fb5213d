// Titles and descriptions by the operator, instead of those of the backend.
import type { TargetKind } from '../policy/spelling.ts'
import type { ShapingConfig } from './shaping-config.ts'

export interface Words {
  readonly title?: string | undefined
  readonly description?: string | undefined
}

export const wordKinds = ['tool', 'prompt', 'resource'] as const satisfies readonly TargetKind[]

export interface AllWords {
  /** By the backend's own name, URI or URI template; undefined: those of the backend. */
  of(kind: TargetKind, local: string): Words | undefined
  has(kind: TargetKind): boolean
}

/** Undefined where there are none. */
export const compileWords = ({
  descriptions,
}: Pick<ShapingConfig, 'descriptions'>): AllWords | undefined => {
  if (descriptions.length === 0) return undefined
  const byKind = new Map(
    wordKinds.map((kind) => [
      kind,
      new Map(
        descriptions.flatMap(({ [kind]: local, title, description }) =>
          local === undefined
            ? []
            : [
                [
                  local,
                  {
                    ...(title === undefined ? {} : { title }),
                    ...(description === undefined ? {} : { description }),
                  },
                ] as const,
              ],
        ),
      ),
    ]),
  )
  return {
    of: (kind, local) => byKind.get(kind)?.get(local),
    has: (kind) => (byKind.get(kind)?.size ?? 0) > 0,
  }
}
