// Conditions in CEL that cannot be used, each with its place. Apart from the other rules: only those who write conditions load CEL.
import { compileCondition } from '../policy/conditions.ts'
import { problemOf } from '../problems/problem.ts'
import { findingAt, type ConfigFinding } from './finding.ts'
import type { Config } from './schema.ts'

const positionIn = (text: string, at: number): { line: number; column: number } => {
  const before = text.slice(0, at).split('\n')
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 }
}

export const conditionRules = ({ auth }: Config): readonly ConfigFinding[] =>
  (auth.rules ?? []).flatMap(({ when }, index) => {
    const compiled = compileCondition(when)
    if ('holds' in compiled) return []
    const { why, at } = compiled
    return [
      findingAt(['auth', 'rules', index, 'when'], (key) =>
        problemOf('config-value', 'condition-at', { key, ...positionIn(when, at), why }),
      ),
    ]
  })
