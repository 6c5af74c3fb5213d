// What the annotations of a tool decide: backends[].hide_destructive and read_only_only, and what conditions read of them.
import type { JsonObject } from '../base/json.ts'
import type { ToolAnnotations } from '../mcp/tool-annotations.ts'
import { fail, pass, type Check, type FailedCheck } from '../core/verdict/check.ts'
import { problemOf } from '../problems/problem.ts'
import type { Step } from './decision.ts'
import type { Target } from './spelling.ts'

/** What one backend is allowed to offer. */
export interface AnnotationRule {
  readonly hideDestructive: boolean
  readonly readOnlyOnly: boolean
  /** Refuses and hides nothing. */
  readonly reportOnly?: boolean
}

/** What is not known is refused. Callers may read so, since it is the same for every name. */
export const unknownAnnotations = (target: string): FailedCheck =>
  fail(problemOf('policy-annotation', 'unknown', { target }))

/** What decisions depend on, in four characters. */
export const annotationsKey = (annotations: ToolAnnotations | undefined): string =>
  annotations === undefined
    ? '----'
    : [
        annotations.readOnlyHint,
        annotations.destructiveHint,
        annotations.idempotentHint,
        annotations.openWorldHint,
      ]
        .map((hint) => (hint ? '1' : '0'))
        .join('')

export const annotationSettings = ({
  hideDestructive,
  readOnlyOnly,
}: AnnotationRule): readonly string[] => [
  ...(hideDestructive ? ['hide_destructive'] : []),
  ...(readOnlyOnly ? ['read_only_only'] : []),
]

const byAnnotations = (check: Check, names: readonly string[]): Step => ({
  check,
  causes: names.map((name) => ({ kind: 'annotation', name })),
})

export const checkAnnotations = (
  rule: AnnotationRule,
  annotations: ToolAnnotations | undefined,
  target: string,
): Step => {
  if (annotations === undefined) {
    return byAnnotations(unknownAnnotations(target), annotationSettings(rule))
  }
  if (rule.hideDestructive && annotations.destructiveHint) {
    const check = fail(problemOf('policy-annotation', 'destructive', { target }))
    return byAnnotations(check, ['hide_destructive'])
  }
  return rule.readOnlyOnly && !annotations.readOnlyHint
    ? byAnnotations(fail(problemOf('policy-annotation', 'writes', { target })), ['read_only_only'])
    : byAnnotations(pass('policy-annotation'), [])
}

/** Why a condition cannot be evaluated that reads the annotations of a tool that no list has. */
export const annotationsMissing = 'the annotations of the tool are not known'

/** `tool` as conditions see it. */
export const toolFacts = ({ name, backend, annotations }: Omit<Target, 'kind'>): JsonObject =>
  annotations === undefined
    ? {
        name,
        backend,
        get annotations(): JsonObject {
          throw new Error(annotationsMissing)
        },
      }
    : { name, backend, annotations: { ...annotations } }
