// How the proxy's own tools look from outside: they have no prefix.
import type { BackendNames } from './names.ts'

/** What the policy and the records call the proxy as the owner of tools. No backend of a configuration has this name. */
export const ownName = 'proxy'

/** `names`: the proxy's own name of each tool to the one that clients see. */
export const ownNames = (names: ReadonlyMap<string, string>): BackendNames => {
  const locals = new Map([...names].map(([local, exposed]) => [exposed, local]))
  const exposeTool = (local: string) => names.get(local) ?? local
  return {
    prefix: '',
    exposeName: exposeTool,
    localName: () => undefined,
    exposeTool,
    localTool: (exposed) => locals.get(exposed),
    rewritesUris: false,
    exposeUri: (local) => local,
    exposeTask: (local) => local,
    localTask: () => undefined,
    localUri: () => undefined,
  }
}
