// What the annotations of a tool decide: backends[].hide_destructive and read_only_only, and what conditions read of them.
import type { JsonObject } from '../base/json.ts'
import type { ToolAnnotations } from '../mcp/tool-annotations.ts'
import { fail, pass, type Check, type FailedCheck } from '../core/verdict/check.ts'
import { problemOf } from '../problems/problem.ts'
import type { Target } from './spelling.ts'

/** What one backend is allowed to offer. */
export interface AnnotationRule {
  readonly hideDestructive: boolean
  readonly readOnlyOnly: boolean
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

export const checkAnnotations = (
  { hideDestructive, readOnlyOnly }: AnnotationRule,
  annotations: ToolAnnotations | undefined,
  target: string,
): Check => {
  if (annotations === undefined) return unknownAnnotations(target)
  if (hideDestructive && annotations.destructiveHint) {
    return fail(problemOf('policy-annotation', 'destructive', { target }))
  }
  return readOnlyOnly && !annotations.readOnlyHint
    ? fail(problemOf('policy-annotation', 'writes', { target }))
    : pass('policy-annotation')
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
