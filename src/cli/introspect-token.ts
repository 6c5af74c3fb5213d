// The work of `introspect`: the authorization server's answer as it came, and the verdict serve draws from it.
import { systemPorts } from '../base/system-ports.ts'
import type { JsonObject } from '../base/json.ts'
import { createValidator } from '../core/create-validator.ts'
import type { Introspection } from '../core/introspection.ts'
import { introspectionEndpointOf } from '../core/metadata-checks.ts'
import { ask, askSecret } from './ask.ts'
import type { AuthFlagValues } from './auth-flags.ts'
import { expectations, type Expectations } from './expectations.ts'
import { checkReport, problemReport } from './checks-report.ts'
import { exitCodeOf } from './exit-codes.ts'
import { httpAnswer } from './http-answer.ts'
import type { Narrator } from './narrator.ts'
import { withProgress } from './progress.ts'
import { recorded } from './recorded-http.ts'
import { redact } from './redact.ts'
import { introspectionText } from './render/introspection.ts'
import type { Finding } from './report-command.ts'
import { mendToken } from './token-repairs.ts'
import { tokenText } from './token-source.ts'
import { tokenView } from './token-view.ts'
import { expectedReport, expiresAt, resourceOf, type ValidateReport } from './validate-token.ts'

export interface IntrospectReport extends Omit<
  ValidateReport,
  'command' | 'verdict' | 'now_given' | 'http' | 'expected'
> {
  readonly command: 'introspect'
  readonly verdict: 'accepted' | 'rejected' | 'undecided'
  readonly http: NonNullable<ValidateReport['http']>
  readonly expected: NonNullable<ValidateReport['expected']>
  /** Where it was asked; null when nobody could be asked. */
  readonly endpoint: string | null
  readonly client_id: string | null
  readonly client_auth: string | null
  /** As it came, without members that are credentials. */
  readonly answer: JsonObject | null
}

export interface IntrospectFlags extends AuthFlagValues {
  readonly timeout: number
}

const answerOf = ({ answer }: Introspection): JsonObject | null =>
  answer.kind === 'answer' ? redact(answer.body) : null

const asked = async (
  token: string,
  expected: Expectations,
  seconds: number,
  { quiet, warn }: Narrator,
) => {
  const { ports, attempts } = recorded(systemPorts())
  const { auth, publicUrl } = expected
  const options = publicUrl === undefined ? {} : { defaultAudience: publicUrl }
  const gate = await createValidator(auth, ports, options)
  const { introspect } = gate
  if (introspect === undefined) throw new Error('a validator for introspection cannot introspect')
  const patience = AbortSignal.timeout(seconds * 1000)
  try {
    const found = await withProgress({ text: 'asking the authorization server', quiet }, () =>
      introspect(token, patience),
    )
    if (patience.aborted) warn(`gave up after ${String(seconds)} s (--timeout)`)
    const metadata = gate.discovery()?.metadata
    const discovered = metadata === undefined ? undefined : introspectionEndpointOf(metadata)
    return { found, attempts, gate, endpoint: found.exchange?.url ?? discovered ?? null }
  } finally {
    gate.close()
  }
}

export const introspectToken = async (
  argument: string | undefined,
  flags: IntrospectFlags,
  narrator: Narrator,
): Promise<Finding<IntrospectReport>> => {
  const { env, warn, note, canAsk, columns } = narrator
  const expected = await expectations(flags, {
    env,
    warn,
    note,
    introspects: true,
    ask: (what, hint) => ask({ what, hint, allowed: canAsk }),
    askSecret: (what, hint) => askSecret({ what, hint, allowed: canAsk }),
  })
  const { auth } = expected
  const stdinTaken = flags['client-secret-stdin'] === true
  const { text, source } = await tokenText({ argument, stdinTaken, env, warn, note })
  const { token, repairs } = mendToken(text)
  const now = new Date().toISOString()
  const { found, attempts, gate, endpoint } = await asked(token, expected, flags.timeout, narrator)
  const { verdict } = found
  const isOauth = auth.type === 'oauth'
  const report: IntrospectReport = {
    schema_version: 1,
    command: 'introspect',
    verdict: verdict.outcome,
    now,
    problem: verdict.outcome === 'accepted' ? null : problemReport(verdict.problem),
    http: httpAnswer(verdict, resourceOf(expected, gate)),
    token: { ...tokenView(token), source },
    expected: expectedReport(expected, gate.audiences),
    endpoint,
    client_id: (isOauth ? auth.client_id : undefined) ?? null,
    client_auth: isOauth ? (auth.client_auth ?? 'client_secret_basic') : null,
    answer: answerOf(found),
    expires_at: expiresAt(verdict),
    checks: [...repairs, ...verdict.checks].map(checkReport),
    attempts,
  }
  return {
    report,
    exitCode: exitCodeOf(verdict.outcome),
    text: (style) => introspectionText(report, { style, columns }),
  }
}
