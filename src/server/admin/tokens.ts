// Judges a token over the admin API, as the endpoint would. The token is not logged, and no decision is kept of it.
import * as z from 'zod'
import { createCancel } from '../../base/cancellation.ts'
import { checkReport, problemReport } from '../../core/verdict/checks-report.ts'
import type { Verdict } from '../../core/verdict/verdict.ts'
import type { Generation } from '../../proxy/generation/generation.ts'
import { ask } from './route.ts'
import { tokenVerdictSchema } from './schemas.ts'

const longestToken = 65_536

const body = z.strictObject({
  token: z.string().min(1).max(longestToken).describe('Without the scheme before it'),
})

const withoutScheme = (text: string): string => text.trim().replace(/^(?:bearer|dpop)\s+/i, '')

const callerOf = (verdict: Verdict, { policy }: Generation) => {
  if (verdict.outcome !== 'accepted') return null
  const { principal, expiresAt } = verdict
  return {
    iss: principal.iss ?? null,
    sub: principal.sub ?? null,
    client_id: principal.clientId ?? null,
    scopes: principal.scopes,
    roles: policy.rolesOf({ principal }),
    expires_at: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
  }
}

const validate = ask({
  path: '/admin/validate',
  id: 'validateToken',
  summary: 'Whether the endpoint would accept a token, with every check; the token is kept nowhere',
  body,
  answer: tokenVerdictSchema,
  refusals: [413, 415],
  serve: async ({ body: { token } }, { generation }) => {
    const { signal } = createCancel()
    const verdict = await generation.gate.validate(withoutScheme(token), signal)
    return {
      verdict: verdict.outcome,
      problem: verdict.outcome === 'accepted' ? null : { ...problemReport(verdict.problem) },
      caller: callerOf(verdict, generation),
      checks: verdict.checks.map((check) => ({ ...checkReport(check) })),
    }
  },
})

export const tokenRoutes = [validate]
