// The admin backend of MCP: lists and calls what the rights of its callers allow, and answers its prompts.
import type { AdminRight } from '../../config/admin-config.ts'
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { Call, Reply } from '../../mcp/call.ts'
import { lazyFromValue } from '../../mcp/lazy-object.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import type { AdminContext } from './context.ts'
import { adminPrompts } from './prompts.ts'
import { adminRoutes } from './routes.ts'
import { adminToolsOf, type AdminTool } from './tools.ts'

/** A list depends on the configuration alone. */
const forever = { ttlMs: 86_400_000, cacheScope: 'private' }

const tools = adminToolsOf(adminRoutes)

const result = (value: JsonObject): Reply => ({ kind: 'result', result: lazyFromValue(value) })

const refuse = (problem: Problem): Reply => ({ kind: 'refusal', problem })

const unknown = (kind: string, name: unknown): Reply =>
  refuse(problemOf('name-unknown', 'unknown', { kind, name: JSON.stringify(name ?? null) }))

export interface AdminParts {
  readonly context: AdminContext
  readonly rights: readonly AdminRight[]
  /** Leaves a line in the log about what was done. */
  readonly note: (operation: string) => void
}

const isProblem = (value: JsonObject | Problem): value is Problem => 'code' in value

const callTool = async (
  tool: AdminTool | undefined,
  { name, arguments: args }: JsonObject,
  { context, note }: AdminParts,
): Promise<Reply> => {
  if (tool === undefined) return unknown('Tool', name)
  if (tool.right !== 'read') note(tool.name)
  const answer = await tool.call(isJsonObject(args) ? args : {}, context)
  return isProblem(answer) ? refuse(answer) : result(answer)
}

const getPrompt = async (
  { name, arguments: args }: JsonObject,
  { context }: AdminParts,
): Promise<Reply> => {
  const prompt = adminPrompts.find(({ item }) => item['name'] === name)
  if (prompt === undefined) return unknown('Prompt', name)
  const text = await prompt.text(isJsonObject(args) ? args : {}, context)
  const description = prompt.item['description'] ?? ''
  return result({ description, messages: [{ role: 'user', content: { type: 'text', text } }] })
}

/** Local names. */
export const answerAdmin = async (
  { request: { method, params = {} } }: Pick<Call, 'request'>,
  parts: AdminParts,
): Promise<Reply> => {
  const allowed = tools.filter(({ right }) => parts.rights.includes(right))
  const prompts = parts.rights.includes('read') ? adminPrompts : []
  switch (method) {
    case 'tools/list':
      return result({ tools: allowed.map(({ item }) => item), ...forever })
    case 'prompts/list':
      return result({ prompts: prompts.map(({ item }) => item), ...forever })
    case 'tools/call':
      return callTool(
        allowed.find(({ name }) => name === params['name']),
        params,
        parts,
      )
    case 'prompts/get':
      return prompts.length === 0 ? unknown('Prompt', params['name']) : getPrompt(params, parts)
    default:
      return refuse(problemOf('req-method', 'unknown', { method: JSON.stringify(method) }))
  }
}
