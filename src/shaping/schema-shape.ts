// The input schema of a tool as callers see it. It accepts whatever they can send that the backend accepts: where that cannot
// be said exactly it accepts more, and the backend decides (JSON Schema 2020-12 and older).
import { writeJson } from '../base/exact-json.ts'
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts'
import { stepsOf, valueAt } from '../mcp/schema-refs.ts'
import type { Parameters } from './parameters.ts'
import {
  alwaysFits,
  dependentsOf,
  hides,
  mayFit,
  namesIn,
  requiredIn,
  shownMembers,
  shownRequired,
  supplies,
} from './schema-members.ts'
import { createCopies, withDefinitions, type Copies } from './schema-definitions.ts'

/** False: nothing fits it. */
type Shaped = JsonObject | boolean

interface Context {
  readonly root: JsonObject
  readonly parameters: Parameters
  readonly copies: Copies
  /** Grows with each keyword that is left out, or says less. */
  readonly losses: string[]
  /** The references whose copies say less. */
  readonly vague: Set<string>
}

const isChanged = (before: Json, after: Json): boolean => writeJson(before) !== writeJson(after)

/** Keywords by which one more parameter can make a difference. */
const countsOthers =
  /"(?:additionalProperties|unevaluatedProperties|patternProperties|minProperties|maxProperties|\$ref)":/

const shape = (schema: Json, context: Context): Shaped => {
  if (!isJsonObject(schema)) return schema !== false
  return mayFit(schema, context.parameters) ? shapeObject(schema, context) : false
}

interface Inner {
  readonly shaped: Shaped
  /** It says of what callers send what the backend's says of what it gets. If not, it says less. */
  readonly isExact: boolean
}

/** Whether what the proxy sends, and callers do not, can make a difference to the schema. */
const minds = (schema: Json, { filled, fixed }: Parameters): boolean => {
  const text = writeJson(schema)
  return (
    countsOthers.test(text) ||
    [...filled.keys(), ...fixed.keys()].some((name) => text.includes(JSON.stringify(name)))
  )
}

const shapeInner = (before: Json, context: Context): Inner => {
  const { parameters, losses } = context
  const known = losses.length
  const shaped = shape(before, context)
  const isExact =
    losses.length === known &&
    !(hides(parameters) && isChanged(before, shaped)) &&
    !(supplies(parameters) && minds(before, parameters))
  return { shaped, isExact }
}

/** What the schemas for the whole of the arguments come to. */
interface Applied {
  readonly members: Record<string, Json>
  /** What applies too. */
  readonly all: Json[]
  /** Something was left out that could say which parameters there are. */
  isLessSpecific: boolean
  isPossible: boolean
}

const addAll = (applied: Applied, schemas: readonly Shaped[]): void => {
  if (schemas.includes(false)) applied.isPossible = false
  applied.all.push(...schemas.filter((one) => typeof one !== 'boolean'))
}

const lose = (applied: Applied, { losses }: Context, key: string): void => {
  applied.isLessSpecific = true
  losses.push(key)
}

const listIn = (value: Json | undefined): readonly Json[] =>
  Array.isArray(value) ? (value as readonly Json[]) : []

const applyChoices = (schema: JsonObject, context: Context, applied: Applied): void => {
  for (const key of ['anyOf', 'oneOf'] as const) {
    const choices = listIn(schema[key])
    if (choices.length === 0) continue
    const inner = choices.map((one) => shapeInner(one, context))
    const left = inner.map(({ shaped }) => shaped).filter((one) => one !== false)
    if (left.length === 0) applied.isPossible = false
    else if (key === 'anyOf' || inner.every(({ isExact }) => isExact)) applied.members[key] = left
    else {
      applied.all.push({ anyOf: left })
      context.losses.push(key)
    }
  }
}

/** What a condition decides, by its keyword. */
const consequences = ['then', 'else'] as const

const applyCondition = (schema: JsonObject, context: Context, applied: Applied): void => {
  const { if: condition } = schema
  if (condition === undefined) return
  const { shaped, isExact } = shapeInner(condition, context)
  const consequence = (key: (typeof consequences)[number]): Shaped =>
    shape(schema[key] ?? true, context)
  if (isExact) {
    applied.members['if'] = shaped
    for (const key of consequences) {
      if (schema[key] !== undefined) applied.members[key] = consequence(key)
    }
  } else if (shaped === false) addAll(applied, [consequence('else')])
  else if (isJsonObject(condition) && alwaysFits(condition, context.parameters)) {
    addAll(applied, [consequence('then')])
  } else lose(applied, context, 'if')
}

const applyNegation = (schema: JsonObject, context: Context, applied: Applied): void => {
  const { not } = schema
  if (not === undefined) return
  const { shaped, isExact } = shapeInner(not, context)
  if (isExact) applied.members['not'] = shaped
  else lose(applied, context, 'not')
}

/** What a reference leads to, as callers see it: the very definition where that is the same. */
const applyReference = (schema: JsonObject, context: Context, applied: Applied): void => {
  const { $ref: ref } = schema
  if (ref === undefined) return
  applied.members['$ref'] = ref
  const steps = typeof ref === 'string' ? stepsOf(ref) : undefined
  if (typeof ref !== 'string' || steps === undefined) return
  const { root, copies, losses, vague } = context
  const known = copies.of(ref)
  if (known !== undefined) {
    applied.members['$ref'] = known
    if (vague.has(ref)) losses.push(ref)
    return
  }
  const target = valueAt(root, steps)
  // A schema that is only itself again says nothing.
  if (target === root || target === undefined) {
    if (target === root) delete applied.members['$ref']
    return
  }
  const name = copies.reserve(ref, steps.at(-1) ?? '')
  const before = losses.length
  const shaped = shape(target, context)
  if (losses.length > before) vague.add(ref)
  if (shaped === false) {
    applied.isPossible = false
    delete applied.members['$ref']
    copies.keep(ref, false)
  } else if (isChanged(target, shaped)) {
    copies.set(ref, shaped)
    applied.members['$ref'] = name
  } else copies.keep(ref, target)
}

/** What depends on parameters, in its three spellings. */
const applyDependents = (schema: JsonObject, context: Context, applied: Applied): string[] => {
  const required: string[] = []
  for (const key of ['dependentRequired', 'dependentSchemas', 'dependencies'] as const) {
    const { always, byName } = dependentsOf(schema[key], context.parameters)
    for (const one of always) {
      if (Array.isArray(one)) required.push(...namesIn(one))
      else addAll(applied, [shape(one, context)])
    }
    if (byName.length === 0) continue
    applied.members[key] = Object.fromEntries(
      byName.map(([name, one]) => [
        name,
        Array.isArray(one) ? shownRequired(namesIn(one), context.parameters) : shape(one, context),
      ]),
    )
  }
  return required
}

const handledHere: ReadonlySet<string> = new Set([
  'required',
  'dependentRequired',
  'dependentSchemas',
  'dependencies',
  'allOf',
  'anyOf',
  'oneOf',
  'not',
  'if',
  'then',
  'else',
  '$ref',
])

/** False where no arguments fit, unless the schema is the whole: then that is left to the backend. */
const shapeObject = (schema: JsonObject, context: Context): JsonObject | false => {
  const { parameters, root, losses } = context
  const applied: Applied = { members: {}, all: [], isLessSpecific: false, isPossible: true }
  addAll(
    applied,
    listIn(schema['allOf']).map((one) => shape(one, context)),
  )
  applyChoices(schema, context, applied)
  applyCondition(schema, context, applied)
  applyNegation(schema, context, applied)
  applyReference(schema, context, applied)
  const dependent = applyDependents(schema, context, applied)
  if (!applied.isPossible && schema !== root) return false
  const required = shownRequired([...requiredIn(schema), ...dependent], parameters)
  const shown = shownMembers(schema, parameters, handledHere, losses)
  if (applied.isLessSpecific) delete shown['unevaluatedProperties']
  return {
    ...shown,
    ...(required.length === 0 ? {} : { required }),
    ...applied.members,
    ...(applied.all.length === 0 ? {} : { allOf: applied.all }),
  }
}

/** The schema of the arguments, which is an object. Its definitions are those that are left to be referred to. */
export const shapeSchema = (root: JsonObject, parameters: Parameters): JsonObject => {
  const copies = createCopies(root)
  const text = writeJson(root)
  const taken = [...parameters.taken].filter((name) => text.includes(JSON.stringify(name)))
  const gone = new Set([...parameters.gone, ...taken])
  const shaped = shapeObject(root, {
    root,
    parameters: { ...parameters, gone },
    copies,
    losses: [],
    vague: new Set(),
  })
  return withDefinitions(shaped === false ? root : shaped, root, copies)
}
