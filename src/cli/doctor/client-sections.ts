// One section of the report for each server of a client: whether it can be reached, whether it wants a login, what it offers.
import { hintOf, problemOf, type Problem } from '../../problems/problem.ts'
import { fail, pass, skip } from '../../core/verdict/check.ts'
import { readToken } from '../../core/token/token-shape.ts'
import { numberOf } from '../../base/exact-json.ts'
import type { Trouble } from '../backend/explain-trouble.ts'
import { msText } from '../backend/server-report.ts'
import { targetOf } from '../backend/target.ts'
import { exitCodes } from '../command/exit-codes.ts'
import { absolute, relative } from '../terminal/duration.ts'
import type { ExaminedBackend } from './backend-examination.ts'
import { causeOf, workingChecks, workingFacts, workingSummary } from './backends.ts'
import type { ReadyServer, UntriedServer } from './client-servers.ts'
import { serversSection, type Fact, type ReportSection } from './section.ts'

type Up = Extract<ExaminedBackend, { readonly state: 'up' }>

const baseOf = ({
  name,
}: {
  readonly name: string
}): Pick<ReportSection, 'section' | 'subject'> => ({
  section: serversSection,
  subject: name,
})

const until = (seconds: number, nowSeconds: number): string => {
  const when = absolute(seconds) ?? 'no date'
  return seconds > nowSeconds
    ? `token good until ${when}`
    : `its token expired ${relative(seconds, nowSeconds)}`
}

/** Undefined where the token does not say it, or there is none. */
export const tokenEnd = (token: string | undefined, now: number): string | undefined => {
  if (token === undefined) return undefined
  const shape = readToken(token)
  const exp = shape.shape === 'jws' ? numberOf(shape.claims?.['exp']) : undefined
  return exp === undefined ? undefined : until(exp, now / 1000)
}

const differenceFacts = ({ differences, file }: ReadyServer): Fact[] => [
  ['file', file],
  ...differences.map((text): Fact => ['differs', text]),
]

export interface Working {
  readonly server: ReadyServer
  readonly found: Up
  /** The login of ours that opened it, where the client's own is not ours to see. */
  readonly login: string | undefined
  /** When its token ends. */
  readonly tokenEnd: string | undefined
}

export const workingSection = ({ server, found, login, tokenEnd: end }: Working): ReportSection => {
  const words = [
    ...(login === undefined ? [] : [`needs a login, has ours (${login})`]),
    workingSummary(found),
    ...(end === undefined ? [] : [end]),
  ]
  return {
    ...baseOf(server),
    summary: words.join(', '),
    facts: [...workingFacts(found), ...differenceFacts(server)],
    checks: workingChecks(found),
  }
}

const asProblem = ({ problem }: Trouble): Problem => ({
  code: problem.code,
  detail: problem.detail,
  hint: problem.hint,
  ...(problem.case === null ? {} : { case: problem.case }),
})

/** A login is for a person to make, and what does not answer may be back in a minute: neither is a finding. */
const isOpen = ({ exitCode, problem }: Trouble): boolean =>
  exitCode === exitCodes.undecided || (problem.code === 'login-needed' && problem.case === 'asked')

/** A login may be asked for because the client sends a header that is not sent here. */
const explained = ({ differences }: ReadyServer, problem: Problem): Problem => {
  const [header] = differences.find((text) => text.startsWith('headers.'))?.split(':') ?? []
  if (problem.code !== 'login-needed' || header === undefined) return problem
  const values = { said: problem.detail, remedy: hintOf(problem), header }
  return problemOf('login-needed', 'fewer-headers', values)
}

export interface Failing {
  readonly server: ReadyServer
  readonly trouble: Trouble
  readonly ms: number
  readonly said: readonly string[]
  readonly tokenEnd: string | undefined
}

export const failingSection = ({
  server,
  trouble,
  ms,
  said,
  tokenEnd: end,
}: Failing): ReportSection => {
  const problem = asProblem(trouble)
  const check = fail(explained(server, problem))
  const needsLogin = problem.code === 'login-needed' && problem.case === 'asked'
  return {
    ...baseOf(server),
    summary: needsLogin
      ? `reachable, needs a login, ${msText(ms)}`
      : causeOf(problem.detail, server.name),
    facts: [
      ['target', targetOf(server.target.config)],
      ...(end === undefined ? [] : [['token', end] as const]),
      ...said.map((line): Fact => ['stderr', line.slice(0, 300)]),
      ...differenceFacts(server),
    ],
    ...(isOpen(trouble) ? { checks: [], open: [check] } : { checks: [check] }),
  }
}

/** Nothing was asked, for the reason that the line says; where a person can do something about it, it stays open. */
export const untriedSection = ({ name, file, why, problem }: UntriedServer): ReportSection => ({
  ...baseOf({ name }),
  // What an open question says in full below needs no summary above.
  summary: problem?.detail ?? `not tried: ${why}`,
  facts: [['file', file]],
  ...(problem === undefined
    ? { checks: [skip('backend-unavailable', why)] }
    : { checks: [], open: [fail(problem)] }),
})

export const notStarted = ({ name, file, target }: ReadyServer): UntriedServer => ({
  name,
  file,
  why: 'it is a program, and its start was not agreed to',
  problem: problemOf('backend-unavailable', 'not-started', {
    backend: name,
    command: target.config.command ?? '',
  }),
})

export const faultSection = ({
  file,
  why,
}: {
  readonly file: string
  readonly why: string
}): ReportSection => ({
  ...baseOf({ name: file }),
  summary: why,
  checks: [fail(problemOf('client-file', 'unread', { file, why }))],
})

export const emptySection = (files: string): ReportSection => ({
  ...baseOf({ name: files }),
  summary: 'lists no servers',
  checks: [pass('config-file')],
})
