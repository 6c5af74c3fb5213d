// A child process with everything it starts: spawned as a group, ended as a group.
import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { within } from '../../base/within.ts'
import type { Clock } from '../../base/clock.ts'
import { programFault, type ProgramFault, type ProgramPlace } from './program.ts'

export interface ChildCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string | undefined
}

export interface ChildGroup {
  readonly pid: number
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Resolves with how it ended, once its output is read to the end and the rest of its group was killed. */
  readonly gone: Promise<string>
  /** Closes its input, then asks, then kills; within `graceMs` in all. */
  end(graceMs: number): Promise<void>
}

export type Started =
  | { readonly kind: 'started'; readonly group: ChildGroup }
  | { readonly kind: 'failed'; readonly why: string }

/** What a child inherits of our environment: enough to find programs and to speak the language of the person, no secret. */
const inherited =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|TERM|LANG|LC_[A-Z]+|TZ|TMPDIR|SystemRoot|SystemDrive|ComSpec|PATHEXT|APPDATA|LOCALAPPDATA|USERPROFILE|USERNAME|TEMP|TMP)$/i

/** The whole environment of a child with these variables of its own. */
export const childEnvironment = (
  extra: Readonly<Record<string, string>>,
): Record<string, string> => {
  const environment: Record<string, string> = {}
  for (const [name, value] of Object.entries(process.env)) {
    // A value that begins with "()" is an exported shell function.
    if (value !== undefined && inherited.test(name) && !value.startsWith('()')) {
      environment[name] = value
    }
  }
  return { ...environment, ...extra }
}

const signalGroup = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(-pid, signal)
  } catch {
    // The group is gone, or this platform has none; a lone process is tried below.
    try {
      process.kill(pid, signal)
    } catch {
      // It is gone too.
    }
  }
}

// Detached groups outlive us unless we end them on our own way out, however that comes about.
const living = new Set<number>()
const killLiving = () => {
  for (const pid of living) signalGroup(pid, 'SIGKILL')
}
const remember = (pid: number) => {
  if (living.size === 0) process.on('exit', killLiving)
  living.add(pid)
}
const forget = (pid: number) => {
  living.delete(pid)
  if (living.size === 0) process.off('exit', killLiving)
}

const killRest = (pid: number): void => {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody is left.
  }
}

const describeEnd = (code: number | null, signal: string | null): string =>
  signal === null ? `it exited with code ${code ?? 'unknown'}` : `it was ended by ${signal}`

const outputDrainMs = 1000

const comesWithin = (done: Promise<unknown>, ms: number, clock: Clock): Promise<boolean> =>
  within(
    done.then(() => true),
    { ms, clock },
    () => false,
  )

const watchEnd = async (child: ChildProcess, clock: Clock): Promise<string> => {
  const closed = once(child, 'close')
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  if (child.pid !== undefined) {
    killRest(child.pid)
    forget(child.pid)
  }
  // Whoever left the group may hold the output open for ever.
  await comesWithin(closed, outputDrainMs, clock)
  return describeEnd(code, signal)
}

const groupOf = (child: ChildProcessWithoutNullStreams, pid: number, clock: Clock): ChildGroup => {
  const { stdin, stdout, stderr } = child
  const gone = watchEnd(child, clock)
  return {
    pid,
    stdin,
    stdout,
    stderr,
    gone,
    end: async (graceMs) => {
      stdin.end()
      if (await comesWithin(gone, graceMs / 2, clock)) return
      signalGroup(pid, 'SIGTERM')
      if (await comesWithin(gone, graceMs / 2, clock)) return
      signalGroup(pid, 'SIGKILL')
      await gone
    },
  }
}

const faultWords = (fault: ProgramFault): string => {
  if (fault.kind === 'no-folder') return `the folder ${fault.folder} does not exist`
  if (fault.kind === 'no-program') return `${fault.command} is not in any folder of PATH`
  if (fault.kind === 'no-file') return `${fault.file} does not exist`
  return `${fault.file} is not executable`
}

const failed = (error: unknown, place: ProgramPlace): Started => {
  const { code, name } = error as NodeJS.ErrnoException
  const fault = code === 'ENOENT' || code === 'EACCES' ? programFault(place) : undefined
  const why = fault === undefined ? (code ?? name) : faultWords(fault)
  return { kind: 'failed', why: `it cannot be started (${why})` }
}

/** Starts the program without a shell. Resolves when it runs or could not be started. */
export const startGroup = async (
  { command, args, env, cwd }: ChildCommand,
  clock: Clock,
): Promise<Started> => {
  const environment = childEnvironment(env)
  const place = { command, cwd, env: environment }
  try {
    const child = spawn(command, [...args], {
      cwd,
      env: environment,
      detached: true,
      shell: false,
      windowsHide: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const { pid } = child
    if (pid === undefined) {
      const [error] = (await once(child, 'error')) as [unknown]
      return failed(error, place)
    }
    remember(pid)
    // A signal that cannot be delivered is reported here too; `gone` tells what matters.
    child.on('error', () => undefined)
    return { kind: 'started', group: groupOf(child, pid, clock) }
  } catch (error) {
    return failed(error, place)
  }
}
