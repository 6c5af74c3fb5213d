// How the names of one backend look from outside, and back. Everything else treats exposed names as opaque.
import type { Aliases } from '../../shaping/aliases.ts'

export interface BackendNames {
  /** Stands before the names of tools and prompts; empty: they are exposed as they are. */
  readonly prefix: string
  exposeName(local: string): string
  /** Undefined when the name does not carry the prefix. */
  localName(exposed: string): string | undefined
  /** The same for tools, which may have aliases. Undefined: another tool has the name of this one. */
  exposeTool(local: string): string | undefined
  /** Undefined too where a tool gave the name up. */
  localTool(exposed: string): string | undefined
  /** Whether URIs change on their way out. */
  readonly rewritesUris: boolean
  /** URIs and URI templates. */
  readonly exposeUri: (local: string) => string
  exposeTask(local: string): string
  /** Undefined when the id is not of this backend; unchanged where its names are exposed as they are. */
  localTask(exposed: string): string | undefined
  /** Undefined when only an index can tell whose URI it is. */
  localUri(exposed: string): string | undefined
}

/** Clients may fetch these themselves, so they stay as they are and are found by index. */
const isFetchable = (uri: string): boolean => /^https?:/i.test(uri)

/** Hosts know the view of a tool by this scheme (SEP-1865), so its namespace stands in the authority. */
const view = 'ui://'

/**
 * `ns+<uri>` is a legal URI again (RFC 3986 section 3.1 allows "+" in a scheme), and survives the expansion
 * of a template (RFC 6570). Backend names hold no "+", so the first one ends the namespace.
 */
export const backendNames = (
  backend: string,
  separator: string,
  configuredPrefix: string | undefined,
): BackendNames => {
  const prefix = configuredPrefix ?? `${backend}${separator}`
  const scheme = prefix === '' ? '' : `${backend}+`
  const exposeUri = (local: string): string => {
    if (scheme === '' || isFetchable(local)) return local
    return local.startsWith(view) ? view + scheme + local.slice(view.length) : scheme + local
  }
  const localUri = (exposed: string): string | undefined => {
    if (scheme === '') return undefined
    if (exposed.startsWith(scheme)) return exposed.slice(scheme.length)
    return exposed.startsWith(view + scheme)
      ? view + exposed.slice(view.length + scheme.length)
      : undefined
  }
  const exposeName = (local: string): string => prefix + local
  const localName = (exposed: string): string | undefined =>
    exposed.startsWith(prefix) ? exposed.slice(prefix.length) : undefined
  return {
    prefix,
    exposeName,
    localName,
    exposeTool: exposeName,
    localTool: localName,
    rewritesUris: scheme !== '',
    exposeUri,
    exposeTask: (local) => scheme + local,
    localTask: (exposed) => (exposed.startsWith(scheme) ? exposed.slice(scheme.length) : undefined),
    localUri,
  }
}

/** The same names, with those that the operator gave to tools. */
export const withAliases = (names: BackendNames, aliases: Aliases | undefined): BackendNames =>
  aliases === undefined
    ? names
    : {
        ...names,
        exposeTool: (local) => {
          const shown = aliases.shown(local)
          return shown === undefined ? undefined : names.exposeName(shown)
        },
        localTool: (exposed) => {
          const shown = names.localName(exposed)
          return shown === undefined ? undefined : aliases.local(shown)
        },
      }
