// Where decisions of a proxy were written: a file, with those that were renamed, or a stream of Redis.
import type { DecisionReport } from '../../decisions/decision-report.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import type { Narrator } from '../terminal/narrator.ts'
import {
  decisionBytes,
  decisionIn,
  readDecisionFile,
  visitDecisions,
  type ReadDecisions,
} from './decision-file.ts'
import { isRedisSource, openDecisionReader, redisSourceText } from './decision-redis.ts'

export interface SourceVisitor {
  readonly onDecision: (decision: DecisionReport) => void
  /** What is no decision. */
  readonly onUnread: () => void
  /** How far it is, for a person. */
  readonly onProgress: (text: string) => void
}

/** As reports show it. */
export const sourceText = (source: string): string =>
  isRedisSource(source) ? redisSourceText(source) : source

const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(0)

const visitFile = async (file: string, visitor: SourceVisitor): Promise<void> => {
  const { onDecision, onUnread, onProgress } = visitor
  const all = await decisionBytes(file)
  let bytes = 0
  await visitDecisions(file, {
    wanted: () => true,
    onDecision,
    onUnread,
    onBytes: (count) => {
      bytes += count
      onProgress(`${megabytes(bytes)} of ${megabytes(all)} MB`)
    },
  })
}

const visitRedis = async (
  source: string,
  env: Narrator['env'],
  { onDecision, onUnread, onProgress }: SourceVisitor,
): Promise<void> => {
  const reader = await openDecisionReader(source, env)
  try {
    const all = await reader.count()
    let read = 0
    let known = 0
    await reader.forEach((text) => {
      read += 1
      if (read % 100 === 0) onProgress(`${read} of ${all} decisions`)
      const decision = decisionIn(text)
      if (decision === undefined) return onUnread()
      known += 1
      onDecision(decision)
    })
    if (known === 0 && read > 0)
      throw usageError(problemOf('decision-file', 'other', { file: sourceText(source) }))
  } finally {
    reader.close()
  }
}

/** Every decision, oldest first. A UsageError where they cannot be read. */
export const visitSource = (
  source: string,
  env: Narrator['env'],
  visitor: SourceVisitor,
): Promise<void> =>
  isRedisSource(source) ? visitRedis(source, env, visitor) : visitFile(source, visitor)

/** The newest page that has one, and the next older one: the calls of a batch have one id and are close together. */
const findInRedis = async (
  source: string,
  env: Narrator['env'],
  wanted: (line: string) => boolean,
): Promise<ReadDecisions> => {
  const reader = await openDecisionReader(source, env)
  const decisions: DecisionReport[] = []
  let unread = 0
  try {
    await reader.backwards((texts) => {
      const before = decisions.length
      for (const text of texts) {
        if (!wanted(text)) continue
        const decision = decisionIn(text)
        if (decision === undefined) unread += 1
        else decisions.unshift(decision)
      }
      return decisions.length === 0 || decisions.length > before
    })
  } finally {
    reader.close()
  }
  return { decisions, unread }
}

/** The decisions whose text is wanted. A UsageError where they cannot be read. */
export const findInSource = (
  source: string,
  env: Narrator['env'],
  wanted: (line: string) => boolean,
): Promise<ReadDecisions> =>
  isRedisSource(source) ? findInRedis(source, env, wanted) : readDecisionFile(source, wanted)
