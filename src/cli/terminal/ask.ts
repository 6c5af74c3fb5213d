// Asks the person at the terminal for what is missing; where nobody is, a missing value is exit code 2.
import { printable } from '../../base/escape.ts'
import type { Problem } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { stderr } from './output.ts'

/** Questions go to stderr and answers come from stdin: both have to be a terminal. */
export const canAsk = (env: NodeJS.ProcessEnv = process.env): boolean =>
  process.stdin.isTTY && stderr.isTTY && (env['CI'] ?? '') === ''

interface Question {
  /** Names the value. */
  readonly what: string
  /** Thrown where there is no answer; its remedy says how to give the value without being asked. */
  readonly missing: Problem
  readonly allowed: boolean
}

const questioner = async () => {
  const { default: inquirer } = await import('inquirer')
  return inquirer.createPromptModule({ output: stderr.stream() })
}

export const ask = async ({ what, missing, allowed }: Question): Promise<string> => {
  if (!allowed) throw usageError(missing)
  const prompt = await questioner()
  const { value } = await prompt<{ value: string }>([
    { type: 'input', name: 'value', message: printable(`${what}:`) },
  ])
  if (value.trim() === '') throw usageError(missing)
  return value.trim()
}

/** Without echo: what is typed or pasted does not appear. */
export const askSecret = async ({ what, missing, allowed }: Question): Promise<string> => {
  if (!allowed) throw usageError(missing)
  const prompt = await questioner()
  const { value } = await prompt<{ value: string }>([
    { type: 'password', name: 'value', message: printable(`${what} (not shown):`), mask: false },
  ])
  if (value === '') throw usageError(missing)
  return value
}

export interface Option<T> {
  readonly name: string
  readonly value: T
  /** What stays on the screen of it when it was chosen; default: the name. */
  readonly short?: string
  /** Shown while the option is the current one. */
  readonly description?: string
}

/** The questions of a conversation; whoever holds one may ask. Ctrl-C rejects and ends the command with 130. */
export interface Asker {
  choose<T>(message: string, options: readonly Option<T>[], proposal?: T): Promise<T>
  /** `fault` says what is wrong with an answer. */
  text(
    message: string,
    proposal: string,
    fault?: (answer: string) => string | undefined,
  ): Promise<string>
  tick<T>(
    message: string,
    options: readonly (Option<T> & { readonly ticked: boolean })[],
  ): Promise<T[]>
  confirm(message: string, proposal: boolean): Promise<boolean>
  /** Without echo. */
  secret(message: string): Promise<string>
  /** Text of any number of lines. `shown`: what of it may appear, in one line. */
  paste(message: string, help: string, shown: (text: string) => string): Promise<string>
}

/** Names and addresses from elsewhere stand in questions and options; what is typed is the person's own. */
const inert = <T, O extends Option<T>>(option: O): O => {
  const { name, short, description } = option
  return {
    ...option,
    name: printable(name),
    ...(short === undefined ? {} : { short: printable(short) }),
    ...(description === undefined ? {} : { description: printable(description) }),
  }
}

export const createAsker = async (): Promise<Asker> => {
  const prompt = await questioner()
  const answer = async <T>(question: { message: string; [more: string]: unknown }): Promise<T> => {
    const message = printable(question.message)
    const { value } = await prompt<{ value: T }>([{ ...question, message, name: 'value' } as never])
    return value
  }
  return {
    choose: (message, options, proposal) =>
      answer({
        type: 'select',
        message,
        choices: options.map((one) => inert(one)),
        default: proposal,
        loop: false,
      }),
    text: async (message, proposal, fault = () => undefined) => {
      const text = await answer<string>({
        type: 'input',
        message,
        ...(proposal === '' ? {} : { default: proposal }),
        validate: (value: string) => fault(value.trim()) ?? true,
      })
      return text.trim()
    },
    tick: (message, options) =>
      answer({
        type: 'checkbox',
        message,
        choices: options.map(({ ticked, ...option }) => ({ ...inert(option), checked: ticked })),
        loop: false,
      }),
    confirm: (message, proposal) => answer({ type: 'confirm', message, default: proposal }),
    secret: (message) =>
      answer({ type: 'password', message: `${message} (not shown):`, mask: false }),
    paste: async (message, help, shown) => {
      const { pastePrompt, pasteMarks } = await import('./paste-prompt.ts')
      const output = stderr.stream()
      output.write(pasteMarks.on)
      try {
        return await pastePrompt(
          {
            message: printable(message),
            help: printable(help),
            shown: (text) => printable(shown(text)),
          },
          { output },
        )
      } finally {
        output.write(pasteMarks.off)
      }
    },
  }
}

/** A question to which "no" is a good answer: nobody there means no. */
export const confirm = async (question: string, allowed: boolean): Promise<boolean> =>
  allowed && (await createAsker()).confirm(question, true)
