// How a client that only starts programs starts this one: by whole paths, since it has neither our folder nor our PATH.
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { ProxyAddress } from '../../config/clients/proxy-entry.ts'

/** The values of the variables come from the .env beside the configuration, else from the file of the client. */
export const startOf = (file: string, variables: readonly string[]): ProxyAddress['start'] => {
  const envFile = path.join(path.dirname(file), '.env')
  const isWritten = variables.length > 0 && existsSync(envFile)
  return {
    command: process.execPath,
    args: [
      ...(isWritten ? [`--env-file=${envFile}`] : []),
      process.argv[1] ?? 'mcp-proxy',
      'serve',
      '--stdio',
      '--config',
      file,
    ],
    env: isWritten ? [] : variables,
  }
}
