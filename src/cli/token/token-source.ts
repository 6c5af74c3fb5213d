// Where the token comes from: an explicit place, else the environment, else a pipe, else a question without echo.
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { askSecret, canAsk } from '../terminal/ask.ts'
import { readSecretFile } from './secret-file.ts'
import { readStandardInput } from '../terminal/stdin.ts'
import type { Narrator } from '../terminal/narrator.ts'

export interface TokenText {
  readonly text: string
  /** For messages: where it came from. */
  readonly source: string
}

interface Places {
  /** The positional argument: `-`, `@file`, or the token itself. */
  readonly argument: string | undefined
  /** Standard input is spoken for (`--client-secret-stdin`). */
  readonly stdinTaken: boolean
  readonly env: NodeJS.ProcessEnv
  readonly warn: Narrator['warn']
  readonly note: (text: string) => void
}

const fromStdin = async ({ stdinTaken }: Places): Promise<TokenText> => {
  if (stdinTaken) {
    throw usageError(problemOf('usage-flag', 'stdin-is-secret'))
  }
  return { text: await readStandardInput('the token'), source: 'standard input' }
}

export const tokenText = async (places: Places): Promise<TokenText> => {
  const { argument, env, warn, note, stdinTaken } = places
  if (argument === '-') {
    if (process.stdin.isTTY) note('reading the token from the terminal; end with Ctrl-D')
    return fromStdin(places)
  }
  if (argument?.startsWith('@') === true) {
    const path = argument.slice(1)
    const { text, exposed } = await readSecretFile(path, 'the token')
    if (exposed) warn(problemOf('usage-advice', 'exposed-file', { file: path }))
    return { text, source: path }
  }
  if (argument !== undefined) {
    warn(problemOf('usage-advice', 'token-in-arguments'))
    return { text: argument, source: 'the argument' }
  }
  const variable = env['MCP_PROXY_TOKEN']
  if (variable !== undefined && variable !== '')
    return { text: variable, source: 'MCP_PROXY_TOKEN' }
  if (!process.stdin.isTTY && !stdinTaken) {
    const piped = await fromStdin(places)
    if (piped.text.trim() !== '') return piped
  }
  return {
    text: await askSecret({
      what: 'The token',
      missing: problemOf('usage-missing', 'token'),
      allowed: canAsk(env),
    }),
    source: 'the prompt',
  }
}
