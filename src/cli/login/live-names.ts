// Names that only this machine knows, for the completion of a shell: stored logins, backends of ./proxy.toml.
import { readRegularFile, isReadFault } from '../../base/read-file.ts'
import { isJsonObject, type Json } from '../../base/json.ts'
import { readDocument } from '../../config/document.ts'
import { openStore } from './store.ts'

export const liveKinds = ['stores', 'backends'] as const
export type LiveKind = (typeof liveKinds)[number]

const largest = 1_048_576

/** As they are written: neither variables nor anything else of the file is looked at. */
const backendNames = async (file: string): Promise<readonly string[]> => {
  const read = readRegularFile(file, { maxBytes: largest })
  if (isReadFault(read)) return []
  const { tree } = await readDocument(read.bytes.toString('utf8'), 'toml')
  const backends = isJsonObject(tree) ? tree['backends'] : undefined
  return Array.isArray(backends)
    ? backends.flatMap((backend: Json) => {
        const name = isJsonObject(backend) ? backend['name'] : undefined
        return typeof name === 'string' ? [name] : []
      })
    : []
}

/** Empty where nothing can be read: a completion shows no errors. */
export const liveNames = async (
  kind: LiveKind,
  env: NodeJS.ProcessEnv,
): Promise<readonly string[]> => {
  try {
    return kind === 'stores'
      ? openStore(env)
          .all()
          .map(([name]) => name)
      : await backendNames('proxy.toml')
  } catch {
    return []
  }
}
