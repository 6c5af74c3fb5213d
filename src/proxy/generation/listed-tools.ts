// The tools of one backend as the admin surface shows them.
import type { JsonObject } from '../../base/json.ts'
import type { ToolAnnotations } from '../../mcp/tool-annotations.ts'
import type { Upstream } from '../lists/member.ts'

export interface ListedTool {
  /** As clients see it. */
  readonly name: string
  /** The backend's own name. */
  readonly local: string
  readonly description: string | null
  /** What it is said to do, with the defaults of the specification; null: nothing. */
  readonly annotations: ToolAnnotations | null
}

const textOf = (item: JsonObject, name: string): string | null => {
  const value = item[name]
  return typeof value === 'string' ? value : null
}

/** Undefined where it could not say, or not soon. */
export const listedTools = async (
  members: readonly Pick<Upstream, 'backend' | 'lists'>[],
  name: string,
): Promise<readonly ListedTool[] | undefined> => {
  const member = members.find(({ backend }) => backend.name === name)
  const listed = await member?.lists.get('tools')
  if (listed === undefined) return undefined
  return listed.items.map((item) => {
    const shown = textOf(item, 'name') ?? ''
    const local = listed.local.get(shown) ?? shown
    return {
      name: shown,
      local,
      description: textOf(item, 'description'),
      annotations: listed.annotations?.get(local) ?? null,
    }
  })
}
