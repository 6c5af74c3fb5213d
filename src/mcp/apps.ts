// MCP Apps (SEP-1865): views that a server offers as `ui://` resources and its tools link to.
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts'

export const appsExtension = 'io.modelcontextprotocol/ui'

/** What a client or a server declares of the extension; undefined: nothing. */
export const declaredApps = ({ extensions }: JsonObject): JsonObject | undefined => {
  const declared = isJsonObject(extensions) ? extensions[appsExtension] : undefined
  return isJsonObject(declared) ? declared : undefined
}

/** Where the link stood before it moved into `_meta.ui`; many servers still say both. */
const flatKey = 'ui/resourceUri'

const relinked = (object: JsonObject, key: string, expose: (uri: string) => string): JsonObject => {
  const uri: Json | undefined = object[key]
  return typeof uri === 'string' ? { ...object, [key]: expose(uri) } : object
}

/** A listed tool whose view is linked by its exposed URI; the very tool where it links to none. */
export const exposeView = (tool: JsonObject, expose: (uri: string) => string): JsonObject => {
  const { _meta: meta } = tool
  if (!isJsonObject(meta)) return tool
  const { ui } = meta
  const flat = relinked(meta, flatKey, expose)
  const linked = isJsonObject(ui) ? { ...flat, ui: relinked(ui, 'resourceUri', expose) } : flat
  return linked === meta ? tool : { ...tool, _meta: linked }
}
