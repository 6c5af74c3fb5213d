// What the children of stdio backends write to stderr, for a command that shows it where one does not work.
import type { Ports } from '../../base/ports.ts'

const keptLines = 5

/** Remembers what each child says on stderr; the log of a proxy would show it. */
export const childLines = (ports: Ports) => {
  const lines = new Map<string, string[]>()
  const info: Ports['log']['info'] = ({ backend, stream, line }) => {
    if (stream !== 'stderr' || typeof backend !== 'string' || typeof line !== 'string') return
    // A child that does not know the question for its era is started a second time, and says the same.
    const others = (lines.get(backend) ?? []).filter((before) => before !== line)
    lines.set(backend, [...others, line].slice(-keptLines))
  }
  return {
    ports: { ...ports, log: { ...ports.log, info } },
    of: (backend: string): readonly string[] => lines.get(backend) ?? [],
  }
}
