// The file of decisions, with those that were renamed when they were full: read line by line, oldest first.
import { createReadStream, existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { DecisionReport } from '../../decisions/decision-report.ts'
import { readDecision } from '../../decisions/read-decision.ts'
import { lineCutter } from '../../mcp/lines.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError, type UsageError } from '../../problems/usage-error.ts'

const mostRenamed = 100
/** A decision has some kilobytes; what is longer is none, and is not kept in memory. */
const longestLine = 1_048_576

/** `path.2`, `path.1`, `path`. */
const partsOf = (path: string): readonly string[] => {
  const renamed: string[] = []
  for (let n = 1; n <= mostRenamed && existsSync(`${path}.${String(n)}`); n += 1) {
    renamed.unshift(`${path}.${String(n)}`)
  }
  return [...renamed, path]
}

/** Undefined where the text is no decision. */
export const decisionIn = (line: string): DecisionReport | undefined => {
  try {
    return readDecision(JSON.parse(line))
  } catch {
    return undefined
  }
}

export interface DecisionVisitor {
  /** Whether a line is worth parsing. The first one is parsed whatever this says: it shows whether this is such a file. */
  readonly wanted: (line: string) => boolean
  /** Of a line that was wanted. */
  readonly onDecision: (decision: DecisionReport) => void
  /** A line that is no decision: torn by a crash, or of another file. */
  readonly onUnread: () => void
  readonly onBytes?: (count: number) => void
}

const unreadable = (file: string, error: unknown): UsageError => {
  const why = (error as NodeJS.ErrnoException).code ?? String(error)
  return usageError(problemOf('decision-file', 'unreadable', { file, why }))
}

/** How many bytes there are to read. A UsageError where the file cannot be read. */
export const decisionBytes = async (path: string): Promise<number> => {
  let sum = 0
  for (const part of partsOf(path)) {
    try {
      sum += (await stat(part)).size
    } catch (error) {
      throw unreadable(part, error)
    }
  }
  return sum
}

/** A UsageError where the file cannot be read, or has lines and not one decision. Keeps one line in memory. */
export const visitDecisions = async (path: string, visitor: DecisionVisitor): Promise<void> => {
  const { wanted, onDecision, onUnread, onBytes } = visitor
  let lines = 0
  let known = 0
  const visit = (line: string): void => {
    if (line.trim() === '') return
    lines += 1
    const isWanted = wanted(line)
    if (known > 0 && !isWanted) return
    const decision = decisionIn(line)
    if (decision === undefined) {
      onUnread()
      return
    }
    known += 1
    if (isWanted) onDecision(decision)
  }
  for (const part of partsOf(path)) {
    const cut = lineCutter(longestLine, {
      onLine: (line) => visit(Buffer.from(line).toString('utf8')),
      onOverlong: () => {
        lines += 1
        onUnread()
      },
    })
    try {
      for await (const chunk of createReadStream(part)) {
        cut(chunk as Buffer)
        onBytes?.((chunk as Buffer).length)
      }
    } catch (error) {
      throw unreadable(part, error)
    }
    // The last line may have no end.
    cut(Buffer.from('\n'))
  }
  if (known === 0 && lines > 0)
    throw usageError(problemOf('decision-file', 'other', { file: path }))
}

export interface ReadDecisions {
  readonly decisions: readonly DecisionReport[]
  /** Lines that are no decisions: torn by a crash, or of another file. */
  readonly unread: number
}

/** The decisions that `wanted` lets through by their line, before it is parsed. A UsageError as above. */
export const readDecisionFile = async (
  path: string,
  wanted: (line: string) => boolean,
): Promise<ReadDecisions> => {
  const decisions: DecisionReport[] = []
  let unread = 0
  await visitDecisions(path, {
    wanted,
    onDecision: (decision) => decisions.push(decision),
    onUnread: () => {
      unread += 1
    },
  })
  return { decisions, unread }
}
