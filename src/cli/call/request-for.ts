// The request for what was asked, with names and arguments checked against what the server lists.
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts'
import type { Agreement } from '../../backends/backend.ts'
import { nearest } from '../../config/nearest.ts'
import { mirroringOf, paramHeaders } from '../../mcp/param-headers.ts'
import { UsageError, usageProblem } from '../../problems/usage-error.ts'
import type { ListedKind } from '../backend/offers.ts'
import type { ServerRequest } from '../backend/open-server.ts'
import { namesOf, unknownName } from '../backend/unknown-name.ts'
import { checkObject, readArguments } from './arguments.ts'
import type { Wanted } from './read-words.ts'
import { parametersOf, type Parameters } from './schema-types.ts'

export interface Offers {
  readonly agreement: Pick<Agreement, 'era' | 'capabilities'>
  readonly lists: readonly ListedKind[]
}

const progress = { _meta: { progressToken: 'command' } } as const

const argumentsFor = ({ words, object }: Wanted, parameters: Parameters): JsonObject => {
  const { args, faults } =
    object === undefined
      ? readArguments(words, parameters)
      : { args: object, faults: checkObject(object, parameters) }
  if (faults.length > 0) throw new UsageError(faults.map((fault) => usageProblem(fault)))
  return args
}

/** Arguments of prompts are texts. */
const promptSchema = (prompt: JsonObject): JsonObject => {
  const given = Array.isArray(prompt['arguments']) ? (prompt['arguments'] as readonly Json[]) : []
  const named = given
    .filter(isJsonObject)
    .flatMap(({ name, description, required }) =>
      typeof name === 'string' ? [{ name, description, required }] : [],
    )
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(
      named.map(({ name, description }) => [name, { type: 'string', description }]),
    ),
    required: named.filter(({ required }) => required === true).map(({ name }) => name),
  }
}

/** Undefined where the list says nothing: it could not be fetched, or not to its end. */
const listedItem = (
  { lists }: Offers,
  list: 'tools' | 'prompts',
  kind: 'tool' | 'prompt',
  name: string,
): JsonObject | undefined => {
  const found = lists.find((one) => one.kind === list)
  const items = (found?.items ?? []).filter(isJsonObject)
  const item = items.find((one) => one['name'] === name)
  if (item === undefined && found?.trouble === undefined) {
    throw unknownName(kind, name, namesOf(items, 'name'))
  }
  return item
}

const anyArguments: Parameters = { shapes: new Map(), required: [], isOpen: true }

const toolRequest = (wanted: Wanted, offers: Offers): ServerRequest => {
  const { name } = wanted
  const tool = listedItem(offers, 'tools', 'tool', name)
  const schema = tool?.['inputSchema']
  const args = argumentsFor(wanted, tool === undefined ? anyArguments : parametersOf(schema))
  const headers = mirroringOf(schema)
  return {
    method: 'tools/call',
    params: { name, arguments: args, ...progress },
    ...(headers.valid && headers.mirrored.length > 0
      ? { paramHeaders: paramHeaders(headers.mirrored, args) }
      : {}),
  }
}

const promptRequest = (wanted: Wanted, offers: Offers): ServerRequest => {
  const { name } = wanted
  const prompt = listedItem(offers, 'prompts', 'prompt', name)
  const parameters = prompt === undefined ? anyArguments : parametersOf(promptSchema(prompt))
  return {
    method: 'prompts/get',
    params: { name, arguments: argumentsFor(wanted, parameters), ...progress },
  }
}

/** Throws a UsageError with everything that is wrong. */
export const requestFor = (wanted: Wanted, offers: Offers): ServerRequest => {
  switch (wanted.kind) {
    case 'tool':
      return toolRequest(wanted, offers)
    case 'prompt':
      return promptRequest(wanted, offers)
    case 'resource':
      // Servers read more addresses than they list: it is for them to say.
      return { method: 'resources/read', params: { uri: wanted.name, ...progress } }
  }
}

/** Without a look at the lists: words are texts, or what their JSON says. */
export const uncheckedRequest = (wanted: Wanted): ServerRequest => {
  const nothing: Offers = {
    agreement: { era: 'legacy', capabilities: {} },
    lists: [
      { kind: 'tools', items: [], trouble: 'not asked', isCut: false },
      { kind: 'prompts', items: [], trouble: 'not asked', isCut: false },
    ],
  }
  return requestFor(wanted, nothing)
}

/** The listed address that is nearest to one that the server does not know. */
export const nearResource = (uri: string, { lists }: Pick<Offers, 'lists'>): string | undefined =>
  nearest(uri, namesOf(lists.find(({ kind }) => kind === 'resources')?.items ?? [], 'uri'))
