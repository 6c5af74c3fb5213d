// Which tool of a backend a step means: by the name that clients see, or by `backend/tool`.
import type { BackendNames } from '../names/names.ts'

/** The name under which clients see it; the text itself where no backend is named. */
export const exposedTarget = (
  tool: string,
  backends: readonly { readonly backend: string; readonly names: BackendNames }[],
): string => {
  for (const { backend, names } of backends) {
    if (!tool.startsWith(`${backend}/`)) continue
    const exposed = names.exposeTool(tool.slice(backend.length + 1))
    if (exposed !== undefined) return exposed
  }
  return tool
}
