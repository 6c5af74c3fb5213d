// The work of `explain`: the page of one check, the list of all, what fits some words, or the pages that a pasted text
// leads to. Asks no server.
import { examplesOf } from '../../problems/examples.ts'
import { groups } from '../../problems/groups.ts'
import { providers } from '../../core/providers/providers.ts'
import { questions } from '../../problems/subjects.ts'
import { relatedTo } from '../../problems/related.ts'
import { printable } from '../../base/escape.ts'
import {
  hintOf,
  isProblemCode,
  problemCodes,
  problemOf,
  problemSpec,
  type ProblemCode,
} from '../../problems/problem.ts'
import { usageError, type UsageError } from '../../problems/usage-error.ts'
import { nearest } from '../../config/nearest.ts'
import { orNull } from '../../core/verdict/checks-report.ts'
import { exitCodes } from '../command/exit-codes.ts'
import type { CheckPage, ExplainReport, SignReport } from './explain-report.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { pagesText } from './explain-text.ts'
import type { CommandResult } from '../command/report-command.ts'
import { looksLikeToken } from '../../base/token-like.ts'
import { readStandardInput } from '../terminal/stdin.ts'
import { readSecretFile } from '../token/secret-file.ts'
import { knownCodes, pagesOf, signsIn, type Sign } from './signs.ts'

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

/** What was probably meant: an id, an error code, or the same words with the slips corrected. */
const suggestion = (words: readonly string[]): string | undefined => {
  const joined = nearest(words.join('-'), [...problemCodes, ...knownCodes])
  if (joined !== undefined) return joined
  const known = vocabulary().filter((word) => word.length > 2)
  const corrected = words.map((word) => (search([word]).length > 0 ? word : nearest(word, known)))
  if (corrected.includes(undefined)) return undefined
  return search(corrected as string[]).length > 0 ? corrected.join(' ') : undefined
}

/** In a text the slip can be anywhere: in a word that is built as an id or a code is. */
const suggestionIn = (text: string): string | undefined => {
  const words = new Set(
    text.match(/(?<![\w-])[A-Za-z]{2,20}(?:[_-][A-Za-z0-9]{1,20}){1,4}(?![\w-])/g),
  )
  const candidates = [...problemCodes, ...knownCodes]
  for (const word of [...words].slice(0, 50)) {
    const meant = nearest(word, candidates)
    if (meant !== undefined) return meant
  }
  return undefined
}

export interface Asked {
  readonly text: string
  /** For messages: where it came from. */
  readonly place: string
}

const theArgument = 'the argument'
/** More than this is no search for words but a text. */
const mostWords = 8

const isText = ({ text, place }: Asked, words: readonly string[]): boolean =>
  place !== theArgument || words.length > mostWords || /[\n=:{}"]/.test(text)

const nothingFits = (asked: Asked, words: readonly string[]): UsageError => {
  if (isText(asked, words)) {
    const { text, place } = asked
    const meant = suggestionIn(text)
    return usageError(
      meant === undefined
        ? problemOf('usage-flag', 'no-sign', { place })
        : problemOf('usage-flag', 'similar-sign', { place, meant }),
    )
  }
  if (words.some(looksLikeToken)) return usageError(problemOf('usage-flag', 'check-like-token'))
  const shown = words.map(printable).join(' ')
  const meant = suggestion(words)
  return usageError(
    meant === undefined
      ? problemOf('usage-flag', 'unknown-check', { words: shown })
      : problemOf('usage-flag', 'similar-check', { words: shown, meant }),
  )
}

const signReport = ({ kind, problem, source, checks }: Sign): SignReport => ({
  kind,
  case: problem.case ?? null,
  message: problem.detail,
  source: source ?? null,
  checks,
  next: hintOf(problem),
})

interface Found {
  readonly codes: readonly ProblemCode[]
  readonly exact?: boolean
  readonly signs?: readonly Sign[]
}

/** An id by itself, then what is recognised in the text, then a search for its words. */
const find = (asked: Asked, words: readonly string[]): Found => {
  const [only = ''] = words
  if (words.length === 0 && asked.place === theArgument) return { codes: problemCodes }
  if (words.length === 1 && isProblemCode(only)) return { codes: [only], exact: true }
  const signs = signsIn(asked.text)
  if (signs.length > 0) return { codes: pagesOf(signs), signs }
  const codes = words.length === 0 || isText(asked, words) ? [] : search(words)
  if (codes.length === 0) throw nothingFits(asked, words)
  return { codes }
}

export const explainText = (
  asked: Asked,
  { columns }: Pick<Narrator, 'columns'>,
): CommandResult<ExplainReport> => {
  const words = asked.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  const { codes, exact = false, signs = [] } = find(asked, words)
  const report: ExplainReport = {
    schema_version: 1,
    command: 'explain',
    query: words.length === 0 || signs.length > 0 ? null : words.join(' '),
    exact,
    signs: signs.map(signReport),
    checks: codes.map(pageOf),
  }
  return {
    report,
    exitCode: exitCodes.accepted,
    text: (style) => pagesText(report, { style, columns }),
  }
}

/** What the words of a command line ask for: "-" and @file lead to a text. */
const askedBy = async (words: readonly string[]): Promise<Asked> => {
  const isPlace = (word: string): boolean => word === '-' || /^@./.test(word)
  const place = words.find(isPlace)
  if (place === undefined) return { text: words.join(' '), place: theArgument }
  if (words.length > 1) throw usageError(problemOf('usage-flag', 'text-and-words'))
  if (place === '-') return { text: await readStandardInput('the text'), place: 'standard input' }
  const file = place.slice(1)
  return { text: (await readSecretFile(file, 'the text')).text, place: 'the file' }
}

export const explain = async (
  words: readonly string[],
  narrator: Pick<Narrator, 'columns'>,
): Promise<CommandResult<ExplainReport>> => explainText(await askedBy(words), narrator)
