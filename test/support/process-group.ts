// Whether a process, or anything of a process group, still runs.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // It ended while we looked.
    return ''
  }
}

/** Pairs of process group and state letter. */
const everyProcess = (): readonly (readonly [string, string])[] => {
  if (!existsSync('/proc/self/stat')) {
    const lines = spawnSync('ps', ['-A', '-o', 'pgid=,stat='], { encoding: 'utf8' }).stdout
    return lines.split('\n').map((line) => {
      const [group = '', state = 'Z'] = line.trim().split(/\s+/)
      return [group, state]
    })
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      // The name of the program stands in parentheses and may hold anything.
      const text = read(`/proc/${name}/stat`)
      const [state = 'Z', , group = ''] = text.slice(text.lastIndexOf(')') + 2).split(' ')
      return [group, state]
    })
}

/** Dead and only waiting for its parent to notice is not running. */
export const processRuns = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  const stat = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout
  return stat.trim() !== '' && !stat.startsWith('Z')
}

/** A member that is dead and only waits for its parent to notice does not run. */
export const groupRuns = (pgid: number): boolean => {
  try {
    process.kill(-pgid, 0)
  } catch {
    return false
  }
  return everyProcess().some(([group, state]) => group === String(pgid) && !state.startsWith('Z'))
}
