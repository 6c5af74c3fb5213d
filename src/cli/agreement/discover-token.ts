// The work of `discover --token`: one token, shown to the server and judged by what the server publishes.
import { problemOf, type Problem } from '../../problems/problem.ts'
import { usageError, UsageError } from '../../problems/usage-error.ts'
import { systemClock } from '../../base/clock.ts'
import type { Ports } from '../../base/ports.ts'
import type { Investigation } from '../../core/investigation/investigation.ts'
import { showToken, tokenSecrets, type TokenAnswer } from '../../core/resource/token-answer.ts'
import { checkToken, type Compared } from '../../core/resource/token-checks.ts'
import { isFinding, problemFrom } from '../../core/verdict/check.ts'
import type { CommandResult } from '../command/report-command.ts'
import { askedAddress, discoverAddress, type DiscoverFlags } from '../discover/discover-address.ts'
import type { ComparedReport } from '../discover/compared-finding.ts'
import type { DiscoverReport } from '../discover/discover-report.ts'
import { publishedExpectations } from '../discover/server-expectations.ts'
import type { TokenReport, TokenTrial } from '../discover/token-report.ts'
import { checkLogin, storedToken } from '../login/stored-token.ts'
import { problemReport } from '../../core/verdict/checks-report.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { shellWord } from '../terminal/shell-word.ts'
import { expectations, type ServerExpectations } from '../token/expectations.ts'
import { requireSafeWay, sendableToken } from '../token/sendable-token.ts'
import { tokenText } from '../token/token-source.ts'
import { tokenView } from '../token/token-view.ts'
import { openJudge } from '../validate/judge-token.ts'
import type { ValidateReport } from '../validate/validate-report.ts'
import { agreementOf, sameCause, serverWords } from './agree.ts'

export interface TokenFlags extends DiscoverFlags {
  /** Of this program. */
  readonly version: string
  readonly token?: string | undefined
  readonly store?: string | undefined
}

interface Given {
  readonly token: string
  readonly source: string
  readonly flags: TokenFlags
  readonly narrator: Narrator
}

const fromEnvironment = 'env'

const givenToken = async (
  address: string,
  flags: TokenFlags,
  narrator: Narrator,
): Promise<Pick<Given, 'token' | 'source'>> => {
  const { env, warn, note } = narrator
  const stored = await storedToken(undefined, flags, narrator)
  if (stored !== undefined && flags.store !== undefined) {
    checkLogin(address, flags.store, stored.resource)
    return { token: stored.text, source: stored.source }
  }
  const argument = flags.token === fromEnvironment ? undefined : flags.token
  const { text, source } = await tokenText({ argument, stdinTaken: false, env, warn, note })
  return { token: sendableToken({ text, source }, warn), source }
}

/** What the server expects, or why that is not known. */
const expectedBy = (address: string, found: Investigation): ServerExpectations | string => {
  try {
    return publishedExpectations(address, found)
  } catch (error) {
    if (error instanceof UsageError) return error.message
    throw error
  }
}

const notJudged = (because: string) => ({ because })

/** As `validate --for` judges it; or why it cannot. */
const judged = async (
  address: string,
  found: Investigation,
  { token, source, flags, narrator }: Given,
): Promise<ValidateReport | { readonly because: string }> => {
  const server = expectedBy(address, found)
  if (typeof server === 'string') return notJudged(server)
  const { kind } = tokenView(token)
  if (kind !== 'jwt') {
    const what = kind === 'jwe' ? 'encrypted' : 'opaque'
    return notJudged(`it is ${what}: only the authorization server knows it (mcp-proxy introspect)`)
  }
  const silent = { ...narrator, note: () => undefined, quiet: true }
  const refuse = (_: string, missing: Problem): never => {
    throw usageError(missing)
  }
  const expected = await expectations(
    { 'allow-http': flags['allow-http'], 'allow-private': flags['allow-private'] },
    {
      env: narrator.env,
      warn: narrator.warn,
      note: silent.note,
      ask: async (what, missing) => refuse(what, missing),
      askSecret: async (what, missing) => refuse(what, missing),
      tokens: [token],
      server,
    },
  )
  const judge = await openJudge(
    expected,
    {
      clock: systemClock,
      nowGiven: false,
      followIss: false,
      timeoutSeconds: flags.timeout,
      request: {},
      network: flags,
    },
    silent,
  )
  try {
    const { report } = await judge.judge({ token, repairs: [] }, source)
    return report
  } finally {
    judge.close()
  }
}

const ourProblem = ({ problem }: ValidateReport): Problem | undefined =>
  problem === null
    ? undefined
    : {
        code: problem.code,
        detail: problem.detail,
        hint: problem.hint,
        ...(problem.case === null ? {} : { case: problem.case }),
      }

const oursOf = (verdict: ValidateReport | { readonly because: string }): Pick<Compared, 'ours'> => {
  if (!('verdict' in verdict)) return { ours: undefined }
  const problem = ourProblem(verdict)
  if (problem === undefined || verdict.verdict === 'accepted') {
    return { ours: { outcome: 'accepted' } }
  }
  return { ours: { outcome: verdict.verdict === 'rejected' ? 'rejected' : 'undecided', problem } }
}

const serverReport = (answer: TokenAnswer, secrets: readonly string[]): TokenReport['server'] => {
  const { outcome, deciding, challenge, error } = answer
  return {
    outcome,
    asked: deciding.asked,
    status: deciding.exchange.status ?? null,
    challenge:
      challenge === undefined ? null : { scheme: challenge.scheme, params: challenge.params },
    error: error?.error ?? null,
    error_description: error?.description ?? null,
    words: serverWords(answer, secrets),
  }
}

const oursReport = (
  verdict: ValidateReport | { readonly because: string } | undefined,
): TokenReport['ours'] => {
  if (verdict === undefined || !('verdict' in verdict)) {
    const because = verdict?.because ?? 'no MCP server was found that expects anything'
    return { verdict: null, because, problem: null, expected: null, exp: null, checks: [] }
  }
  const { verdict: outcome, problem, expected, exp, checks } = verdict
  return {
    verdict: outcome === 'unverified' ? null : outcome,
    because: null,
    problem,
    expected:
      expected === null
        ? null
        : {
            issuer: expected.issuer,
            audience: expected.audience,
            required_scopes: expected.required_scopes,
          },
    exp,
    checks: checks.filter(({ status }) => status === 'fail' || status === 'warn'),
  }
}

const tokenWord = ({ flags }: Given): string =>
  flags.store === undefined
    ? `--token ${flags.token?.startsWith('@') === true ? shellWord(flags.token) : '@token.txt'}`
    : `--store ${shellWord(flags.store)}`

const nextOf = (
  address: string,
  report: Pick<TokenReport, 'agreement' | 'server'>,
  given: Given,
) => {
  const url = shellWord(address)
  const login = [
    `mcp-proxy login ${url}`,
    ...(given.flags.store === undefined ? [] : [`--store ${shellWord(given.flags.store)}`]),
  ].join(' ')
  switch (report.agreement) {
    case 'accepted':
      return `mcp-proxy tools ${url} ${tokenWord(given)}`
    case 'unjudged':
      return report.server?.outcome === 'accepted'
        ? `mcp-proxy tools ${url} ${tokenWord(given)}`
        : login
    case 'refused':
      return login
    case 'server-accepts':
    case 'server-refuses':
      return 'mcp-proxy explain mcp-token'
    case 'open':
    case 'undecided':
    case 'not-shown':
      return null
  }
}

/** The server that can be asked, and whether it lets everybody in. */
const askable = ({ as, resource, outcome }: Investigation) => {
  if (as !== 'mcp' || resource === undefined) return undefined
  if (outcome.kind !== 'graded' && outcome.kind !== 'open') return undefined
  const { challenge, probe } = resource
  const isBarred = challenge !== undefined || probe.status === 401 || probe.status === 403
  return { isOpen: !isBarred && probe.status !== undefined && probe.status < 300 }
}

const shownTo = async (
  address: string,
  given: Given,
  found: Investigation,
  ports: Ports,
): Promise<TokenTrial> => {
  const { token, source, flags } = given
  const { kind, characters, fingerprint } = tokenView(token)
  const about = { kind, characters, fingerprint, source }
  const server = askable(found)
  if (server === undefined) {
    const report: TokenReport = {
      ...about,
      agreement: 'not-shown',
      same_cause: null,
      verdict: 'undecided',
      problem: null,
      server: null,
      ours: oursReport(undefined),
      next: null,
    }
    return { report, checks: [], probes: [] }
  }
  const signal = AbortSignal.timeout(flags.timeout * 1000)
  const [answer, verdict] = await Promise.all([
    showToken(address, token, ports, { allowHttp: flags['allow-http'] === true, signal }),
    judged(address, found, given),
  ])
  const secrets = tokenSecrets(token)
  const said = serverReport(answer, secrets)
  const { ours } = oursOf(verdict)
  const words = [said?.error, said?.error_description, said?.words].filter(Boolean).join(', ')
  const check = checkToken({
    url: address,
    server: {
      outcome: answer.outcome,
      status: answer.deciding.exchange.status,
      words: words === '' ? '' : `: ${words}`,
    },
    isOpen: server.isOpen,
    ours,
    ...('because' in verdict ? { because: verdict.because } : {}),
  })
  const { agreement, verdict: outcome } = agreementOf(answer.outcome, ours?.outcome, server.isOpen)
  const isOurs = agreement === 'refused' || agreement === 'undecided'
  const problem = isOurs && 'verdict' in verdict ? verdict.problem : null
  const comparedProblem = isFinding(check) ? problemReport(problemFrom(check)) : null
  const partial = { agreement, server: said }
  return {
    report: {
      ...about,
      ...partial,
      same_cause:
        agreement === 'refused' && problem !== null ? sameCause(problem.code, words) : null,
      verdict: outcome,
      problem: problem ?? comparedProblem,
      ours: oursReport(verdict),
      next: nextOf(address, partial, given),
    },
    checks: [check],
    probes: answer.probes,
  }
}

/** With a token the address is that of an MCP server: no issuer is shown one. */
export const discoverToken = async (
  argument: string | undefined,
  flags: TokenFlags,
  narrator: Narrator,
): Promise<CommandResult<DiscoverReport | ComparedReport>> => {
  const { address, about } = await askedAddress(argument, narrator)
  if ((flags.as ?? about) === 'issuer') {
    throw usageError(problemOf('usage-flag', 'token-for-issuer'))
  }
  requireSafeWay(new URL(address), flags['allow-http'] === true)
  const { token, source } = await givenToken(address, flags, narrator)
  const given: Given = { token, source, flags, narrator }
  return discoverAddress(address, { ...flags, as: 'mcp' }, narrator, {
    tryToken: (found, ports) => shownTo(address, given, found, ports),
    secrets: tokenSecrets(token),
  })
}
