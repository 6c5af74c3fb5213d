// Structured content for clients of the session era, who know objects alone; in the modern one it may be any JSON.
import { writeJson } from '../base/exact-json.ts'
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts'
import type { Reply } from './call.ts'
import { firstByteOf } from './envelope.ts'
import { lazyFromValue, valueIfObject } from './lazy-object.ts'
import { mapRefs } from './schema-refs.ts'

const here = '#/properties/result'

/** What pointed into the whole points into the part that it has become. */
const movedRef = (ref: string): string =>
  ref === '#' ? here : ref.startsWith('#/') ? here + ref.slice(1) : ref

const wrappedSchema = (natural: Json): JsonObject => {
  const dialect = isJsonObject(natural) ? natural['$schema'] : undefined
  return {
    ...(dialect === undefined ? {} : { $schema: dialect }),
    type: 'object',
    properties: { result: mapRefs(natural, movedRef) },
    required: ['result'],
  }
}

/** The tool as it is shown to a session; undefined where it may be shown as it is. */
export const sessionForm = (tool: JsonObject): JsonObject | undefined => {
  const { outputSchema } = tool
  if (outputSchema === undefined) return undefined
  return isJsonObject(outputSchema) && outputSchema['type'] === 'object'
    ? undefined
    : { ...tool, outputSchema: wrappedSchema(outputSchema) }
}

const openBrace = 0x7b

const hasText = (content: Json | undefined): boolean =>
  Array.isArray(content) &&
  (content as readonly Json[]).some((block) => isJsonObject(block) && block['type'] === 'text')

/**
 * The result of a tool call as a session reads it. `wrapped`: so its schema was shown. Without a schema only what is no
 * object is wrapped, which the bytes tell.
 */
export const inSessionForm = (reply: Reply, wrapped: boolean): Reply => {
  if (reply.kind !== 'result') return reply
  if (!wrapped) {
    const first = firstByteOf(reply.result.bytes(), 'structuredContent')
    if (first === undefined || first === openBrace) return reply
  }
  const result = valueIfObject(reply.result)
  if (result?.['structuredContent'] === undefined) return reply
  const { structuredContent, content } = result
  const blocks = Array.isArray(content) ? (content as readonly Json[]) : []
  return {
    kind: 'result',
    result: lazyFromValue({
      ...result,
      content: hasText(content)
        ? blocks
        : [...blocks, { type: 'text', text: writeJson(structuredContent) }],
      structuredContent: { result: structuredContent },
    }),
  }
}
