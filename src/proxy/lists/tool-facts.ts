// What a list of tools says besides names: arguments that headers repeat, calls that may be carried out twice, other forms.
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { mirroringOf, type Mirrored } from '../../mcp/param-headers.ts'
import { toolAnnotationsOf, type ToolAnnotations } from '../../mcp/tool-annotations.ts'
import { sessionForm } from '../../mcp/structured.ts'
import type { Pages } from './list-pages.ts'

/** Of the tools those that can be called; a schema that is wrong about headers must be refused (MCP 2026-07-28). */
export const readMirrored = (
  pages: Pages,
  refuse: (tool: string, why: string) => boolean,
): { readonly pages: Pages; readonly mirrored: Map<string, readonly Mirrored[]> } => {
  const mirrored = new Map<string, readonly Mirrored[]>()
  const items = pages.items.filter((item) => {
    const name = isJsonObject(item) ? item['name'] : undefined
    if (!isJsonObject(item) || typeof name !== 'string') return false
    const mirroring = mirroringOf(item['inputSchema'])
    if (!mirroring.valid) return !refuse(name, mirroring.why)
    if (mirroring.mirrored.length > 0) mirrored.set(name, mirroring.mirrored)
    return true
  })
  return { pages: { ...pages, items }, mirrored }
}

/** By the backend's own name. Of a name that is there twice the first counts, as it is the one that is shown. */
export const readAnnotations = (pages: Pages): ReadonlyMap<string, ToolAnnotations> => {
  const annotations = new Map<string, ToolAnnotations>()
  for (const item of pages.items) {
    const name = isJsonObject(item) ? item['name'] : undefined
    if (!isJsonObject(item) || typeof name !== 'string' || annotations.has(name)) continue
    annotations.set(name, toolAnnotationsOf(item))
  }
  return annotations
}

/** Its own word is enough, for it alone sees the call twice. A tool that destroys does so once. */
export const readHarmless = (pages: Pages): ReadonlySet<string> => {
  const harmless = new Set<string>()
  for (const item of pages.items) {
    if (!isJsonObject(item) || !isJsonObject(item['annotations'])) continue
    const { readOnlyHint, idempotentHint } = item['annotations']
    if (readOnlyHint === true || idempotentHint === true) harmless.add(item['name'] as string)
  }
  return harmless
}

export const readSessionForms = (items: readonly JsonObject[]): ReadonlyMap<string, JsonObject> => {
  const forms = new Map<string, JsonObject>()
  for (const item of items) {
    const form = sessionForm(item)
    if (form !== undefined) forms.set(item['name'] as string, form)
  }
  return forms
}
