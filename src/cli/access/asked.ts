// All that is asked about a tool, for any caller, in the order in which it is asked.
import type { Config } from '../../config/schema.ts'
import type { Policy, Survey, Target } from '../../policy/policy.ts'
import type { AskedReport } from './who-can-report.ts'

const requiredScopes = ({ auth }: Config): readonly string[] =>
  auth.type === 'none' || auth.type === 'bearer' ? [] : auth.required_scopes

const ruleReports = ({ rules }: Survey) =>
  rules.map(({ rule, effect, reportOnly, pattern, reads, when, message }) => ({
    asks: 'rule' as const,
    name: rule,
    says: effect,
    pattern: pattern ?? null,
    report_only: reportOnly,
    reads,
    when,
    message: message ?? null,
  }))

const readsArgs = ({ reads }: { readonly reads: readonly string[] }) => reads.includes('args')

const word = (
  asks: 'filter' | 'token' | 'role',
  { name, says, pattern }: Survey['roles'][number],
  reportOnly: boolean,
): AskedReport => ({ asks, name, says, pattern: pattern ?? null, report_only: reportOnly })

const listReports = (survey: Survey): readonly AskedReport[] => {
  const { tokens, roles, rolesReportOnly, withoutRole } = survey
  return [
    ...tokens.map((one) => word('token', one, one.reportOnly)),
    ...roles.map((one) => word('role', one, rolesReportOnly)),
    ...(withoutRole === undefined
      ? []
      : [
          {
            asks: 'no-role',
            name: `default_deny = ${String(withoutRole === 'denies')}`,
            says: withoutRole,
            pattern: null,
            report_only: rolesReportOnly,
          } as const,
        ]),
  ]
}

export const askedOf = (config: Config, policy: Policy, target: Target): readonly AskedReport[] => {
  const survey = policy.survey(target)
  const { filter, profile, annotations, annotationsReportOnly, scopes, sizeReportOnly } = survey
  const { max_argument_size: size } = config.security
  const required = requiredScopes(config)
  const ruled = ruleReports(survey)
  const needs = (names: readonly string[], pattern: string | null, reportOnly: boolean) =>
    ({
      asks: 'scopes',
      name: names.join(' '),
      says: 'needs',
      pattern,
      report_only: reportOnly,
    }) as const
  return [
    ...[filter, profile].flatMap((one) => (one === undefined ? [] : [word('filter', one, false)])),
    ...(required.length === 0 ? [] : [needs(required, null, false)]),
    ...listReports(survey),
    ...annotations.map(
      (name) =>
        ({
          asks: 'annotations',
          name,
          says: 'denies',
          pattern: null,
          report_only: annotationsReportOnly,
        }) as const,
    ),
    ...ruled.filter((rule) => !readsArgs(rule)),
    ...scopes.map((one) => needs(one.scopes, one.pattern, one.reportOnly)),
    ...(size === undefined
      ? []
      : [
          {
            asks: 'argument-size',
            name: String(size),
            says: 'at-most',
            pattern: null,
            report_only: sizeReportOnly,
          } as const,
        ]),
    ...ruled.filter(readsArgs),
  ]
}
