// A configuration that is there already: how clients reach it, and the variables that it needs.
import path from 'node:path'
import { isReadFault, readRegularFile } from '../../base/read-file.ts'
import { backendNameFrom } from '../../config/clients/backend-name.ts'
import type { ProxyAddress } from '../../config/clients/proxy-entry.ts'
import { readDocument } from '../../config/document.ts'
import { showPath } from '../../config/key-path.ts'
import { loadConfig } from '../../config/load.ts'
import { placeholderValues } from '../../config/placeholders.ts'
import { endpointPath, publicUrlOf } from '../../config/public-url.ts'
import { startOf } from './start-of.ts'
import type { InitReport } from './report.ts'

export interface ExistingConfig {
  readonly proxy: ProxyAddress
  readonly variables: InitReport['variables']
}

const largest = 1_048_576

/** Variables need no values here; those that have one keep it. */
const environmentFor = async (
  file: string,
  env: NodeJS.ProcessEnv,
): Promise<Readonly<Record<string, string | undefined>>> => {
  const read = readRegularFile(file, { maxBytes: largest })
  const text = isReadFault(read) ? '' : read.bytes.toString('utf8')
  const { tree } = await readDocument(text, 'toml')
  const set = Object.entries(env).filter(([, value]) => (value ?? '') !== '')
  return { ...(tree === undefined ? {} : placeholderValues(text)), ...Object.fromEntries(set) }
}

/** Throws a `UsageError` where serve would not take the file. `name`: instead of that of the proxy. */
export const readExisting = async (
  file: string,
  name: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<ExistingConfig> => {
  const { config, variables } = await loadConfig(file, await environmentFor(file, env))
  const names = [...new Set(variables.map((variable) => variable.name))]
  const token = variables.find(({ path: [section, key] }) => section === 'auth' && key === 'tokens')
  const local = `http://127.0.0.1:${String(config.proxy.listen.port)}${endpointPath}`
  return {
    proxy: {
      name: backendNameFrom(name ?? config.proxy.name),
      url: publicUrlOf(config) ?? local,
      tokenVariable: token?.name,
      start: startOf(path.resolve(file), names),
    },
    variables: names.map((one) => ({
      name: one,
      used_by: variables
        .filter((variable) => variable.name === one)
        .map((variable) => showPath(variable.path)),
      hint: null,
      is_set: (env[one] ?? '') !== '',
    })),
  }
}
