// Where the client secret comes from: a file, standard input or the environment, never a flag.
import { withoutLineEnds } from '../../base/trim.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { readSecretFile } from './secret-file.ts'
import { readStandardInput } from '../terminal/stdin.ts'
import type { Narrator } from '../terminal/narrator.ts'

export interface SecretPlaces {
  readonly file: string | undefined
  readonly stdin: boolean
  readonly env: NodeJS.ProcessEnv
  readonly warn: Narrator['warn']
}

const trimmed = (text: string, place: string, warn: Narrator['warn']): string => {
  const secret = withoutLineEnds(text)
  if (secret === '') throw usageError(problemOf('usage-missing', 'empty-secret', { place }))
  if (/^\s|\s$/.test(secret)) warn(problemOf('usage-advice', 'secret-spaces', { place }))
  return secret
}

/** Undefined where nobody gave one. */
export const clientSecret = async ({
  file,
  stdin,
  env,
  warn,
}: SecretPlaces): Promise<string | undefined> => {
  if (file !== undefined) {
    const { text, exposed } = await readSecretFile(file, 'the client secret')
    if (exposed) warn(problemOf('usage-advice', 'exposed-file', { file }))
    return trimmed(text, file, warn)
  }
  if (stdin) return trimmed(await readStandardInput('the client secret'), 'standard input', warn)
  const variable = env['MCP_PROXY_CLIENT_SECRET']
  if (variable === undefined || variable === '') return undefined
  return trimmed(variable, 'MCP_PROXY_CLIENT_SECRET', warn)
}
