// Runs one of our own commands as a person would: as a process of its own that has the terminal. A command ends its
// process with its exit code, takes Ctrl-C in its own way, and has a bundle of its own that nobody else has to load.
import { spawn } from 'node:child_process'
import { exitCodes } from '../command/exit-codes.ts'
import { readFacts, type GuideFacts } from '../terminal/guide-facts.ts'
import { shellWord } from '../terminal/shell-word.ts'

export interface Step {
  readonly args: readonly string[]
  /** A token goes in here: never into the arguments, which everybody on the machine can read. */
  readonly stdin?: string
  /** The file that the line names in its place; default: token.txt. */
  readonly from?: string
}

/** How a command ended. */
export interface Ended {
  readonly code: number
  /** What it found, where it has something to pass on. */
  readonly facts?: GuideFacts
}

const nothing = (): void => undefined

/** `script`: the program that this process was started with. */
export const runStep = (script: string, { args, stdin }: Step): Promise<Ended> =>
  new Promise((resolve, reject) => {
    let facts: GuideFacts | undefined
    // Ctrl-C reaches both; it is for the command to answer.
    process.on('SIGINT', nothing)
    const child = spawn(process.execPath, [...process.execArgv, script, ...args], {
      stdio: [stdin === undefined ? 'inherit' : 'pipe', 'inherit', 'inherit', 'ipc'],
    })
    child.on('message', (message) => {
      facts = readFacts(message)
    })
    // A command that reads nothing ends before it is written.
    child.stdin?.on('error', nothing)
    child.stdin?.end(stdin)
    child.once('error', reject)
    child.once('close', (code, signal) => {
      process.off('SIGINT', nothing)
      const ended = code ?? (signal === 'SIGINT' ? exitCodes.interrupted : exitCodes.internal)
      resolve({ code: ended, ...(facts === undefined ? {} : { facts }) })
    })
  })

/** The line that does the same in a shell. */
export const commandLine = ({ args, stdin, from = 'token.txt' }: Step): string =>
  `mcp-proxy ${args.map(shellWord).join(' ')}${stdin === undefined ? '' : ` < ${from}`}`
