// Why a server could not be asked: its address examined as `discover` does, its refusal of a token as `validate` does.
import type { Agreement } from '../../backends/backend.ts'
import { credentialOf } from '../../backends/credential.ts'
import { isRefused, type RefusedProblem } from '../../backends/failure.ts'
import { oauthConfigSchema } from '../../core/auth-config/oauth-config.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import { systemClock } from '../../base/clock.ts'
import type { Ports } from '../../base/ports.ts'
import { exitCodes } from '../command/exit-codes.ts'
import { discoverOnce } from '../discover/discover-address.ts'
import type { DiscoverReport } from '../discover/discover-report.ts'
import type { NetworkFlagValues } from '../flags/network-flags.ts'
import {
  problemReport,
  type CheckReport,
  type ProblemReport,
} from '../../core/verdict/checks-report.ts'
import { shellWord } from '../terminal/shell-word.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { mendToken } from '../token/token-repairs.ts'
import { tokenView } from '../token/token-view.ts'
import { openJudge } from '../validate/judge-token.ts'
import type { Credential, FoundTarget } from './find-targets.ts'
import { programProblem } from './program-problem.ts'

export interface Trouble {
  /** What to fix first. */
  readonly problem: ProblemReport
  /** What else was found at the address, or about the token. */
  readonly findings: readonly CheckReport[]
  /** Commands to go on with, the most useful first. */
  readonly next: readonly string[]
  readonly exitCode: number
}

export interface ExplainOptions {
  readonly ports: Ports
  readonly network: NetworkFlagValues
  /** In seconds. */
  readonly timeout: number
  readonly narrator: Narrator
  /** What was agreed before the refusal, where there was a link. */
  readonly agreement?: Agreement
  /** The problem says all: looking at the address would take as long again. */
  readonly isDefinite?: boolean
}

const isFound = ({ status, severity }: CheckReport): boolean =>
  (status === 'fail' || status === 'warn') && (severity === 'fatal' || severity === 'high')

/** A document about a socket is found at the same address over HTTP. */
const httpAddress = (url: string): string => url.replace(/^ws/i, 'http')

const examined = (url: string, { ports, timeout }: ExplainOptions): Promise<DiscoverReport> =>
  discoverOnce(
    httpAddress(url),
    { as: 'mcp', 'fail-on': 'high', timeout: Math.min(timeout, 30), 'allow-http': true },
    { ports },
  )

/** The token compared with what the server publishes; undefined where nothing can be read or nothing is published. */
const judged = async (
  { token, source }: Credential,
  url: string,
  found: DiscoverReport,
  { network, timeout, narrator }: ExplainOptions,
) => {
  const server = found.authorization_server
  if (tokenView(token).kind !== 'jwt' || server === null || server.metadata === null)
    return undefined
  const published = found.resource?.metadata?.['resource']
  const scope = found.resource?.challenge?.params['scope']
  const auth = oauthConfigSchema.safeParse({
    type: 'oauth',
    token_validation: 'jwt',
    issuer: server.issuer,
    audience: [typeof published === 'string' ? published : url],
    required_scopes: typeof scope === 'string' ? scope.split(' ').filter(Boolean) : [],
  })
  if (!auth.success) return undefined
  const judge = await openJudge(
    {
      auth: auth.data,
      publicUrl: undefined,
      localKeys: undefined,
      file: undefined,
      from: 'server',
      server: url,
    },
    {
      clock: systemClock,
      nowGiven: false,
      followIss: false,
      timeoutSeconds: Math.min(timeout, 30),
      request: {},
      network,
    },
    { ...narrator, note: () => undefined },
  )
  try {
    const { report } = await judge.judge(mendToken(token), source)
    return report
  } finally {
    judge.close()
  }
}

const loginOf = (url: string, { credential }: FoundTarget): string =>
  [
    'mcp-proxy login',
    shellWord(httpAddress(url)),
    ...(credential?.login === undefined ? [] : ['--store', credential.login]),
  ].join(' ')

const validateOf = (
  { issuer, audience }: { issuer: string; audience: string },
  login: string | undefined,
) =>
  login === undefined
    ? `mcp-proxy validate @token.txt --issuer ${shellWord(issuer)} --audience ${shellWord(audience)}`
    : `mcp-proxy validate --store ${login}`

/** Without a token a server that asks for one is well, unless its clients cannot find the login. */
const withoutToken = (
  url: string,
  target: FoundTarget,
  { status }: RefusedProblem,
  found: DiscoverReport,
): Trouble => {
  const findings = found.checks.filter(isFound)
  const discover = `mcp-proxy discover ${shellWord(httpAddress(url))}`
  const isBroken = found.verdict === 'findings' && found.problem !== null
  if (isBroken && found.problem !== null) {
    const next = [discover, loginOf(url, target)]
    return { problem: found.problem, findings, next, exitCode: exitCodes.login }
  }
  return {
    problem: problemReport(problemOf('login-needed', 'asked', { url, status })),
    findings,
    next: [loginOf(url, target), discover],
    exitCode: exitCodes.login,
  }
}

const withToken = async (
  url: string,
  target: FoundTarget,
  credential: Credential,
  refused: RefusedProblem,
  found: DiscoverReport,
  options: ExplainOptions,
): Promise<Trouble> => {
  const report = await judged(credential, url, found, options)
  const { status, words } = refused
  const own = problemReport(
    problemOf('login-needed', status === 403 ? 'forbidden' : 'refused', { url, status, words }),
  )
  const isCause = report?.verdict === 'rejected' && report.problem !== null
  const audience = found.resource?.metadata?.['resource']
  const issuer = found.authorization_server?.issuer
  return {
    problem: isCause && report.problem !== null ? report.problem : own,
    findings: [...(report?.checks ?? []), ...found.checks].filter(isFound),
    next: [
      loginOf(url, target),
      ...(issuer === undefined
        ? []
        : [
            validateOf(
              { issuer, audience: typeof audience === 'string' ? audience : url },
              credential.login,
            ),
          ]),
      `mcp-proxy discover ${shellWord(httpAddress(url))}`,
    ],
    exitCode: status === 403 ? exitCodes.rejected : exitCodes.login,
  }
}

/** One whose remedy is in the words of the catalogue already, or depends on how it was started. */
const asItIs = (problem: Problem, target: FoundTarget, next: readonly string[]): Trouble => {
  const { transport } = target.config
  const explained = target.from === 'command' ? programProblem(problem) : problem
  const mayPass =
    transport !== 'stdio' &&
    (problem.code === 'backend-unavailable' || problem.code === 'backend-outcome-unknown')
  return {
    problem: problemReport(explained),
    findings: [],
    next,
    exitCode: mayPass ? exitCodes.undecided : exitCodes.rejected,
  }
}

const elsewhere = (url: string, found: DiscoverReport): readonly string[] =>
  found.outcome.instead === null
    ? [`mcp-proxy discover ${shellWord(httpAddress(url))}`, found.next]
    : [`mcp-proxy tools ${shellWord(found.outcome.instead)}`, found.next]

/** `problem`: why the link could not be opened, or why a call on it failed. */
export const explainTrouble = async (
  problem: Problem,
  target: FoundTarget,
  options: ExplainOptions,
): Promise<Trouble> => {
  const { url } = target.config
  const explain = `mcp-proxy explain ${problem.code}`
  if (target.from === 'command' || url === undefined) return asItIs(problem, target, [explain])
  if (target.from === 'configuration') {
    const [, ...config] = target.words
    const doctor = ['mcp-proxy doctor --only backends', ...config].join(' ')
    return asItIs(problem, target, [doctor, `mcp-proxy discover ${shellWord(httpAddress(url))}`])
  }
  const discover = `mcp-proxy discover ${shellWord(httpAddress(url))}`
  if (options.isDefinite === true) return asItIs(problem, target, [discover, explain])
  // A refused key of its own (X-API-Key, Basic) is no matter of OAuth: the words of the server say it.
  const hasKey = target.credential === undefined && credentialOf(target.config).identifies
  if (isRefused(problem) && hasKey) return asItIs(problem, target, [discover, explain])
  if (isRefused(problem)) {
    const found = await examined(url, options)
    return target.credential === undefined
      ? withoutToken(url, target, problem, found)
      : withToken(url, target, target.credential, problem, found, options)
  }
  if (options.agreement !== undefined) return asItIs(problem, target, [explain])
  const found = await examined(url, options)
  if (found.problem === null || found.outcome.kind === 'graded' || found.outcome.kind === 'open') {
    return asItIs(problem, target, [discover, explain])
  }
  return {
    problem: found.problem,
    findings: [],
    next: [...new Set(elsewhere(url, found))],
    exitCode: found.verdict === 'undecided' ? exitCodes.undecided : exitCodes.rejected,
  }
}
