// The file of decisions, with those that were renamed when they were full: read line by line, oldest first.
import { createReadStream, existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { DecisionReport } from '../../decisions/decision-report.ts'
import { readDecision } from '../../decisions/read-decision.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'

const mostRenamed = 100

/** `path.2`, `path.1`, `path`. */
const partsOf = (path: string): readonly string[] => {
  const renamed: string[] = []
  for (let n = 1; n <= mostRenamed && existsSync(`${path}.${String(n)}`); n += 1) {
    renamed.unshift(`${path}.${String(n)}`)
  }
  return [...renamed, path]
}

const decisionIn = (line: string): DecisionReport | undefined => {
  try {
    return readDecision(JSON.parse(line))
  } catch {
    return undefined
  }
}

export interface ReadDecisions {
  readonly decisions: readonly DecisionReport[]
  /** Lines that are no decisions: torn by a crash, or of another file. */
  readonly unread: number
}

/**
 * The decisions that `wanted` lets through by their line, before it is parsed. A UsageError where the file cannot be read,
 * or has lines and not one decision.
 */
export const readDecisionFile = async (
  path: string,
  wanted: (line: string) => boolean,
): Promise<ReadDecisions> => {
  const decisions: DecisionReport[] = []
  let lines = 0
  let known = 0
  let unread = 0
  for (const part of partsOf(path)) {
    try {
      const input = createReadStream(part, 'utf8')
      for await (const line of createInterface({ input, crlfDelay: Infinity })) {
        if (line.trim() === '') continue
        lines += 1
        // The first is looked at whatever it says: it shows whether this is such a file.
        if (known > 0 && !wanted(line)) continue
        const decision = decisionIn(line)
        if (decision === undefined) unread += 1
        else {
          known += 1
          if (wanted(line)) decisions.push(decision)
        }
      }
    } catch (error) {
      const why = (error as NodeJS.ErrnoException).code ?? String(error)
      throw usageError(problemOf('decision-file', 'unreadable', { file: part, why }))
    }
  }
  if (known === 0 && lines > 0)
    throw usageError(problemOf('decision-file', 'other', { file: path }))
  return { decisions, unread }
}
