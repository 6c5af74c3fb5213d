// Which tool of a backend a step means: by the name that clients see, or by `backend/tool`.
import type { Upstream } from '../lists/member.ts'

/** The name under which clients see it; the text itself where no backend is named. */
export const exposedTarget = (
  tool: string,
  members: readonly Pick<Upstream, 'backend' | 'names'>[],
): string => {
  for (const { backend, names } of members) {
    if (!tool.startsWith(`${backend.name}/`)) continue
    const exposed = names.exposeTool(tool.slice(backend.name.length + 1))
    if (exposed !== undefined) return exposed
  }
  return tool
}
