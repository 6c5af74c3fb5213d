// The table of the admin API: every operation, and which of them a request asks for.
import { backendRoutes } from './backends.ts'
import { cacheRoutes } from './caches.ts'
import { pinRoutes } from './pins.ts'
import { configurationRoutes } from './configuration.ts'
import { decisionRoutes } from './decisions.ts'
import { observingRoutes } from './observing.ts'
import { tokenRoutes } from './tokens.ts'
import { openApiDocument } from './open-api.ts'
import { read, type AdminRoute } from './route.ts'
import { openApiSchema, rightsSchema } from './schemas.ts'

const rights = read({
  path: '/admin/rights',
  id: 'getRights',
  summary: 'Who the caller is, and what it may do',
  answer: rightsSchema,
  serve: (_, { caller: { name, rights: all } }) => ({ name, rights: all }),
})

const openApi = read({
  path: '/admin/openapi.json',
  id: 'getOpenApi',
  summary: 'This document',
  answer: openApiSchema,
  serve: () => openApiDocument(adminRoutes),
})

export const adminRoutes: readonly AdminRoute[] = [
  ...observingRoutes,
  ...backendRoutes,
  ...decisionRoutes,
  ...cacheRoutes,
  ...pinRoutes,
  ...tokenRoutes,
  ...configurationRoutes,
  rights,
  openApi,
]

const segmentsOf = (path: string): readonly string[] => path.split('/').slice(1)

const isParameter = (segment: string): boolean => segment.startsWith('{')

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The parameters of a path; undefined where it is another. */
const match = (
  template: readonly string[],
  path: readonly string[],
): Readonly<Record<string, string>> | undefined => {
  if (template.length !== path.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, segment] of template.entries()) {
    const given = path[index] ?? ''
    if (!isParameter(segment)) {
      if (segment !== given) return undefined
    } else if (given === '') return undefined
    else params[segment.slice(1, -1)] = decoded(given)
  }
  return params
}

const table = adminRoutes.map((route) => {
  const segments = segmentsOf(route.path)
  return { route, segments, parameters: segments.filter(isParameter).length }
})

/** Written paths before those with parameters. */
const byCertainty = table.toSorted((a, b) => a.parameters - b.parameters)

export interface FoundRoutes {
  /** The operations at the path, by method. */
  readonly routes: ReadonlyMap<string, AdminRoute>
  readonly paramsOf: (route: AdminRoute) => Readonly<Record<string, string>>
}

/** Undefined where nothing is served at the path. */
export const routesAt = (path: string): FoundRoutes | undefined => {
  const segments = segmentsOf(path)
  const routes = new Map<string, AdminRoute>()
  const found = new Map<AdminRoute, Readonly<Record<string, string>>>()
  for (const { route, segments: template } of byCertainty) {
    const params = match(template, segments)
    if (params === undefined || routes.has(route.method)) continue
    routes.set(route.method, route)
    found.set(route, params)
  }
  return routes.size === 0 ? undefined : { routes, paramsOf: (route) => found.get(route) ?? {} }
}
