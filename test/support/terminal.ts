// The built command line in a terminal of its own (a pseudo-terminal, by util-linux `script`), so that questions are
// really asked and really answered.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { stripVTControlCharacters } from 'node:util'
import { binary, commandEnvironment, type Invocation } from './command-line.ts'

export const keys = { enter: '\r', down: '\u001b[B', space: ' ', interrupt: '\u0003' } as const

export interface Terminal {
  /** Resolves when the text has appeared behind what was seen before. */
  sees(text: string): Promise<void>
  type(...parts: readonly string[]): void
  /** Waits for the question, then answers it. */
  answer(question: string, ...parts: readonly string[]): Promise<void>
  /** All that was shown so far, without colours and cursor movements. */
  shown(): string
  /** Its exit code. */
  readonly ended: Promise<number>
  /** Closes the window: the terminal is gone, and the program in it gets SIGHUP. */
  hangUp(): Promise<void>
  /** Ends it, if it has not ended. */
  close(): Promise<void>
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

export const openTerminal = (
  args: readonly string[],
  { cwd, env }: Pick<Invocation, 'cwd' | 'env'> = {},
  columns = 80,
): Terminal => {
  const command = [process.execPath, binary, ...args].map(quoted).join(' ')
  const child = spawn(
    'script',
    ['-qec', `stty cols ${String(columns)} rows 50; exec ${command}`, '/dev/null'],
    {
      ...(cwd === undefined ? {} : { cwd }),
      env: { TERM: 'xterm', SHELL: '/bin/sh', ...commandEnvironment(env) },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  let text = ''
  let seen = 0
  const waiting = new Set<() => void>()
  const shown = (): string => stripVTControlCharacters(text).replaceAll('\r', '')
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8')
    for (const look of waiting) look()
  })
  const ended = once(child, 'close').then(([code]) => Number(code))
  const sees = (wanted: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = () => {
        const at = shown().indexOf(wanted, seen)
        if (at < 0) return
        seen = at + wanted.length
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
      ended.then(
        (code) => {
          look()
          if (waiting.delete(look)) {
            reject(new Error(`ended with ${String(code)} before "${wanted}":\n${shown()}`))
          }
        },
        () => undefined,
      )
    })
  const type = (...parts: readonly string[]): void => {
    for (const part of parts) child.stdin.write(part)
  }
  return {
    sees,
    type,
    answer: async (question, ...parts) => {
      await sees(question)
      type(...parts)
    },
    shown,
    ended,
    hangUp: async () => {
      child.kill('SIGKILL')
      await ended
    },
    close: async () => {
      if (child.exitCode === null) child.kill('SIGTERM')
      await ended
    },
  }
}
