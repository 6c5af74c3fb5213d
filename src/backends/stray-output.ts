// Brings what a backend writes besides the protocol into the log: bounded, and without its configured secrets.
import type { Ports } from '../base/ports.ts'

const maxLineLength = 2000
const windowMs = 10_000
const maxLinesPerWindow = 200
/** Shorter values (ports, "true", user names) say nothing when hidden and would hide much. */
const minSecretLength = 8

export interface ChildLog {
  write(stream: 'stdout' | 'stderr' | 'stray', line: Uint8Array): void
}

/** `hidden`: values that the child knows, from its configuration or by now, and may print. */
export const childLog = (
  backend: string,
  hidden: Iterable<string>,
  { clock, log }: Pick<Ports, 'clock' | 'log'>,
): ChildLog => {
  let windowStart = -Infinity
  let lines = 0
  return {
    write: (stream, line) => {
      const now = clock.now()
      if (now - windowStart >= windowMs) {
        if (lines > maxLinesPerWindow) {
          log.warn({ backend, dropped: lines - maxLinesPerWindow }, 'backend wrote too many lines')
        }
        windowStart = now
        lines = 0
      }
      lines += 1
      if (lines > maxLinesPerWindow) return
      const raw = Buffer.from(
        line.buffer,
        line.byteOffset,
        Math.min(line.length, maxLineLength * 4),
      )
      const text = [...hidden]
        .filter((value) => value.length >= minSecretLength)
        .reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), raw.toString())
      if (text.trim() === '') return
      log.info({ backend, stream, line: text.slice(0, maxLineLength) }, 'backend wrote a line')
    },
  }
}
