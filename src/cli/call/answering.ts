// What a server asks in the middle of a call, answered at the terminal; where there is none, it is declined and said.
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts'
import type { CancelSignal } from '../../base/cancellation.ts'
import type { Peer, Reply } from '../../mcp/call.ts'
import type { JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { lazyFromValue } from '../../mcp/lazy-object.ts'
import { notAnswered, notOffered } from '../../mcp/questions.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import type { Asker } from '../terminal/ask.ts'
import { convert } from './convert.ts'
import { parametersOf, shapeText, type Shape } from './schema-types.ts'

/** Forms, and addresses to visit. */
export const answeredCapabilities: JsonObject = { elicitation: { form: {}, url: {} } }

export type QuestionAction = 'accept' | 'decline' | 'cancel'

/** A question as the report has it: what was asked, never what was answered. */
export interface AskedQuestion {
  readonly mode: 'form' | 'url'
  readonly message: string
  readonly action: QuestionAction
}

export interface AnsweringOptions {
  /** Undefined: there is no terminal. */
  readonly asker: (() => Promise<Asker>) | undefined
  /** As the server names itself. */
  readonly server: () => string
  readonly note: (text: string) => void
  readonly warn: (problem: Problem) => void
  /** Time does not run while a person thinks. */
  readonly pause: () => void
  readonly resume: () => void
  /** The person pressed Ctrl-C. */
  readonly interrupt: () => void
}

export interface Answering {
  readonly ask: Peer['ask']
  readonly asked: () => readonly AskedQuestion[]
}

type Answer = { readonly action: QuestionAction; readonly content?: JsonObject }

const accepted = 'accept'
const declined = { action: 'decline' } as const

/** Titles for values, as `enumNames` or as `oneOf` of constants (MCP 2025-11-25, elicitation). */
const titlesOf = (schema: JsonObject, values: readonly Json[]): readonly string[] => {
  const names = Array.isArray(schema['enumNames']) ? (schema['enumNames'] as readonly Json[]) : []
  const choices = [schema['oneOf'], schema['anyOf']].flatMap((list) =>
    Array.isArray(list) ? (list as readonly Json[]) : [],
  )
  return values.map((value, at) => {
    const choice = choices.find((one) => isJsonObject(one) && one['const'] === value)
    const title = isJsonObject(choice) ? choice['title'] : names[at]
    return typeof title === 'string'
      ? title
      : typeof value === 'string'
        ? value
        : JSON.stringify(value)
  })
}

interface Field {
  readonly name: string
  readonly schema: JsonObject
  readonly shape: Shape
  readonly isRequired: boolean
}

const labelOf = ({ name, schema, shape, isRequired }: Field): string => {
  const { title, description } = schema
  const what = typeof title === 'string' ? title : name
  const about = typeof description === 'string' && description !== what ? ` (${description})` : ''
  const isPlain = shape.types.length === 0 || shape.types[0] === 'string'
  const kind = isPlain || shape.values !== undefined ? '' : `, ${shapeText(shape)}`
  return `${what}${about}${kind}${isRequired ? '' : ', optional'}:`
}

const none = Symbol('none')

const chooseValue = async (asker: Asker, field: Field, values: readonly Json[]) => {
  const titles = titlesOf(field.schema, values)
  const options = values.map((value, at) => ({
    name: titles[at] ?? '',
    value: value as Json | typeof none,
  }))
  const leave = { name: '(leave it out)', value: none as Json | typeof none }
  const value = await asker.choose(labelOf(field), field.isRequired ? options : [...options, leave])
  return value === none ? undefined : value
}

const tickValues = async (asker: Asker, field: Field, values: readonly Json[]) => {
  const { items } = field.schema
  const titles = titlesOf(isJsonObject(items) ? items : {}, values)
  return asker.tick(
    labelOf(field),
    values.map((value, at) => ({ name: titles[at] ?? '', value, ticked: false })),
  )
}

const typeValue = async (asker: Asker, field: Field): Promise<Json | undefined> => {
  const { shape, isRequired, schema } = field
  const proposal = schema['default']
  const text = await asker.text(
    labelOf(field),
    proposal === undefined || proposal === null || typeof proposal === 'object'
      ? ''
      : String(proposal),
    (answer) => {
      if (answer === '') return isRequired ? 'it is required' : undefined
      const value = convert(answer, shape)
      return 'fault' in value ? `it ${value.fault}` : undefined
    },
  )
  if (text === '') return undefined
  const value = convert(text, shape)
  return 'fault' in value ? undefined : value.value
}

const askField = (asker: Asker, field: Field): Promise<Json | undefined> => {
  const { shape, schema } = field
  if (shape.values !== undefined) return chooseValue(asker, field, shape.values)
  if (shape.types.includes('array') && shape.items?.values !== undefined) {
    return tickValues(asker, field, shape.items.values)
  }
  if (shape.types.length === 1 && shape.types[0] === 'boolean') {
    return asker.confirm(labelOf(field), schema['default'] === true)
  }
  return typeValue(asker, field)
}

const fieldsOf = (schema: JsonObject): readonly Field[] => {
  const { shapes, required } = parametersOf(schema)
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {}
  return [...shapes].map(([name, shape]) => {
    const own = properties[name]
    return {
      name,
      shape,
      schema: isJsonObject(own) ? own : {},
      isRequired: required.includes(name),
    }
  })
}

const fillIn = async (asker: Asker, params: JsonObject): Promise<Answer> => {
  const schema = isJsonObject(params['requestedSchema']) ? params['requestedSchema'] : {}
  const action = await asker.choose<QuestionAction>('Answer the server?', [
    { name: 'Answer', value: accepted },
    { name: 'Decline', value: 'decline' },
    { name: 'Cancel the call', value: 'cancel' },
  ])
  if (action !== accepted) return { action }
  const content: [string, Json][] = []
  for (const field of fieldsOf(schema)) {
    const value = await askField(asker, field)
    if (value !== undefined) content.push([field.name, value])
  }
  return { action, content: Object.fromEntries(content) }
}

/** The address is shown and not opened: who it belongs to is for the person to see. */
const goThere = async (asker: Asker, address: string): Promise<Answer> => ({
  action: await asker.choose<QuestionAction>(`The server wants you to visit ${address}`, [
    { name: 'I have been there: go on', value: accepted },
    { name: 'Decline', value: 'decline' },
    { name: 'Cancel the call', value: 'cancel' },
  ]),
})

const isExit = (error: unknown): boolean =>
  error instanceof Error && ['ExitPromptError', 'AbortPromptError'].includes(error.name)

export const createAnswering = (options: AnsweringOptions): Answering => {
  const { note, warn, pause, resume, server } = options
  const asked: AskedQuestion[] = []
  /** One terminal: questions wait for each other. */
  let turn: Promise<unknown> = Promise.resolve()

  const answer = async (params: JsonObject, mode: AskedQuestion['mode']): Promise<Answer> => {
    const message = typeof params['message'] === 'string' ? params['message'] : ''
    if (options.asker === undefined) {
      warn(problemOf('usage-advice', 'question-declined', { server: server(), message }))
      return declined
    }
    const asker = await options.asker()
    note(`${server()} asks: ${message}`)
    const address = params['url']
    if (mode === 'form') return fillIn(asker, params)
    return typeof address === 'string' ? goThere(asker, address) : declined
  }

  const take = async ({ method, params = {} }: JsonRpcRequest): Promise<Reply> => {
    if (method !== 'elicitation/create') return notOffered(method)
    const mode = params['mode'] === 'url' ? 'url' : 'form'
    pause()
    try {
      const given = await answer(params, mode)
      const message = typeof params['message'] === 'string' ? params['message'] : ''
      asked.push({ mode, message, action: given.action })
      return { kind: 'result', result: lazyFromValue({ ...given }) }
    } catch (error) {
      if (!isExit(error)) throw error
      options.interrupt()
      return notAnswered
    } finally {
      resume()
    }
  }

  return {
    asked: () => asked,
    ask: (question: JsonRpcRequest, signal: CancelSignal) => {
      const reply = turn.then(() => (signal.aborted ? notAnswered : take(question)))
      turn = reply.catch(() => undefined)
      return reply
    },
  }
}
