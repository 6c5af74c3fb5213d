// The work of `explain`: the page of one check, the list of all, or what fits some words. Asks nobody.
import { examplesOf } from '../../problems/examples.ts'
import { groups } from '../../problems/groups.ts'
import { providers } from '../../core/providers/providers.ts'
import { questions } from '../../problems/subjects.ts'
import { relatedTo } from '../../problems/related.ts'
import { printable } from '../../base/escape.ts'
import {
  isProblemCode,
  problemCodes,
  problemSpec,
  type ProblemCode,
} from '../../problems/problem.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError, type UsageError } from '../../problems/usage-error.ts'
import { nearest } from '../../config/nearest.ts'
import { orNull } from '../../core/verdict/checks-report.ts'
import { exitCodes } from '../command/exit-codes.ts'
import type { CheckPage, ExplainReport } from './explain-report.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { explainText } from './explain-text.ts'
import type { CommandResult } from '../command/report-command.ts'
import { looksLikeToken } from '../command/token-like.ts'

const answerOf = (code: ProblemCode): CheckPage['answer'] => {
  const { refuses, outcome, http, oauth, jsonrpc } = problemSpec(code)
  if (refuses === 'never') return null
  return { outcome, http: http ?? null, oauth: oauth ?? null, jsonrpc: jsonrpc ?? null }
}

const providerFacts = (code: ProblemCode): CheckPage['providers'] =>
  providers.flatMap(({ name, facts }) =>
    facts
      .filter(({ under }) => under.includes(code))
      .map(({ say }) => ({ provider: name, text: say })),
  )

const pageOf = (code: ProblemCode): CheckPage => {
  const { group, severity, title, spec, refuses } = problemSpec(code)
  return {
    id: code,
    group,
    severity,
    title,
    looks_at: questions[code],
    cases: examplesOf(code).map(({ name = null, ...example }) => ({ case: name, ...example })),
    spec: orNull(spec),
    refuses,
    answer: answerOf(code),
    providers: providerFacts(code),
    related: relatedTo(code),
    next: groups[group]?.next ?? 'mcp-proxy --help',
  }
}

/** Ids first, then titles, then all other text; every word has to be somewhere. */
const search = (words: readonly string[]): readonly ProblemCode[] => {
  const ranked = problemCodes.flatMap((code) => {
    const { group, title, spec } = problemSpec(code)
    const examples = examplesOf(code)
    const messages = examples.map(({ message }) => message).join(' ')
    const hints = examples.map(({ hint }) => hint).join(' ')
    const places = [code, title, `${messages} ${questions[code]}`, `${hints} ${spec} ${group}`]
    const lower = places.map((text) => text.toLowerCase())
    const ranks = words.map((word) => lower.findIndex((text) => text.includes(word)))
    return ranks.includes(-1) ? [] : [{ code, rank: Math.max(...ranks) }]
  })
  return ranked.sort((a, b) => a.rank - b.rank).map(({ code }) => code)
}

/** Every word that a title or an id is made of: a slip in one of them is told by its neighbour. */
const vocabulary = (): readonly string[] => [
  ...new Set(
    problemCodes.flatMap((code) => [
      ...code.split('-'),
      ...problemSpec(code)
        .title.toLowerCase()
        .split(/[^a-z0-9]+/),
    ]),
  ),
]

/** What was probably meant: an id, or the same words with the slips put right. */
const suggestion = (words: readonly string[]): string | undefined => {
  const joined = nearest(words.join('-'), problemCodes)
  if (joined !== undefined) return joined
  const known = vocabulary().filter((word) => word.length > 2)
  const mended = words.map((word) => (search([word]).length > 0 ? word : nearest(word, known)))
  if (mended.includes(undefined)) return undefined
  return search(mended as string[]).length > 0 ? mended.join(' ') : undefined
}

const nothingFits = (words: readonly string[]): UsageError => {
  if (words.some(looksLikeToken)) return usageError(problemOf('usage-flag', 'check-like-token'))
  const asked = words.map(printable).join(' ')
  const meant = suggestion(words)
  return usageError(
    meant === undefined
      ? problemOf('usage-flag', 'unknown-check', { words: asked })
      : problemOf('usage-flag', 'similar-check', { words: asked, meant }),
  )
}

export const explain = (
  asked: readonly string[],
  { columns }: Pick<Narrator, 'columns'>,
): CommandResult<ExplainReport> => {
  const words = asked.flatMap((text) => text.toLowerCase().split(/\s+/)).filter((word) => word)
  const [only = ''] = words
  const exact = words.length === 1 && isProblemCode(only)
  const codes = words.length === 0 ? problemCodes : exact ? [only] : search(words)
  if (codes.length === 0) throw nothingFits(words)
  const report: ExplainReport = {
    schema_version: 1,
    command: 'explain',
    query: words.length === 0 ? null : words.join(' '),
    exact,
    checks: codes.map(pageOf),
  }
  return {
    report,
    exitCode: exitCodes.accepted,
    text: (style) => explainText(report, { style, columns }),
  }
}
