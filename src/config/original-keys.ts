// Keys of mcp-proxy 0.4 that are not offered yet, and values that others call otherwise: known by name, so that nobody
// is sent looking for a typo.
import type { KeyPath } from './key-path.ts'

/** By section, as json-schema.ts names it. What an entry names is known with everything below it. */
export const keysNotOffered: Readonly<Record<string, readonly string[]>> = {
  proxy: ['import_backends'],
}

/** What other programs call a value of ours, by the path of the key with `[]` for any index. */
export const otherNames: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'backends[].transport': {
    'streamable-http': 'http',
    streamable_http: 'http',
    streamablehttp: 'http',
    https: 'http',
    'http+sse': 'sse',
    ws: 'websocket',
    wss: 'websocket',
    local: 'stdio',
    command: 'stdio',
  },
}

/** The section that holds the last key of a path. */
export const sectionOf = (path: KeyPath): string =>
  path
    .map((key, index) => (typeof key === 'number' ? '[]' : `${index === 0 ? '' : '.'}${key}`))
    .join('')
