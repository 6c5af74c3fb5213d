// Asks the person at the terminal for what is missing; where nobody is, a missing value is exit code 2.
import { UsageError } from '../base/usage-error.ts'
import { stderr } from './output.ts'

/** Questions go to stderr and answers come from stdin: both have to be a terminal. */
export const canAsk = (env: NodeJS.ProcessEnv = process.env): boolean =>
  process.stdin.isTTY && stderr.isTTY && (env['CI'] ?? '') === ''

const missing = (what: string, hint: string): UsageError =>
  new UsageError({ code: 'usage-missing', message: `${what} is missing`, hint })

interface Question {
  /** Names the value in "… is missing" and in the question. */
  readonly what: string
  /** How to give it without being asked. */
  readonly hint: string
  readonly allowed: boolean
}

const questioner = async () => {
  const { default: inquirer } = await import('inquirer')
  return inquirer.createPromptModule({ output: stderr.stream() })
}

export const ask = async ({ what, hint, allowed }: Question): Promise<string> => {
  if (!allowed) throw missing(what, hint)
  const prompt = await questioner()
  const { value } = await prompt<{ value: string }>([
    { type: 'input', name: 'value', message: `${what}:` },
  ])
  if (value.trim() === '') throw missing(what, hint)
  return value.trim()
}

/** Without echo: what is typed or pasted does not appear. */
export const askSecret = async ({ what, hint, allowed }: Question): Promise<string> => {
  if (!allowed) throw missing(what, hint)
  const prompt = await questioner()
  const { value } = await prompt<{ value: string }>([
    { type: 'password', name: 'value', message: `${what} (not shown):`, mask: false },
  ])
  if (value === '') throw missing(what, hint)
  return value
}
