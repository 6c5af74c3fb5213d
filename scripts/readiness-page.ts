// The page of the readiness table, generated from its rules.
import type { ReadinessRule } from '../src/core/readiness/readiness-rule.ts'
import { readinessRules } from '../src/core/readiness/readiness-rules.ts'

const intro = `<!-- Generated from src/core/readiness/readiness-rules.ts by scripts/generate.ts. Do not edit. -->

# The MCP readiness table

What MCP authorization asks of servers and clients, and the [checks](checks.md) that \`mcp-proxy discover\` answers each
rule with. In \`--json\` the rows stand in \`readiness[]\` under the id that is given here, each with its \`status\`:

- \`pass\`, \`fail\`: the checks say so. A check that only advises (an unusual severity of low) breaks no rule.
- \`could-not-tell\`: an answer did not come. It is never a pass; with \`--strict\` it is a failure.
- \`needs-token\`: the server asks for a token before it shows anything of it. \`discover\` sends none, so this is no
  failure, also not with \`--strict\`.
- \`not-applicable\`: there was nothing to ask, such as an MCP server where the address is an issuer.
- \`client-rule\`: it binds clients. \`discover\` keeps those that concern its own walk, \`login\` the others.
`

const link = (code: string): string => `[${code}](checks.md#${code})`

const row = ({ id, level, revisions, rule, checks, keptBy, spec }: ReadinessRule): string =>
  `| \`${id}\` | ${level} | ${revisions.join(', ')} | ${rule} | ${
    keptBy === undefined ? checks.map(link).join(', ') : `kept by \`${keptBy}\``
  } | ${spec} |`

const section = (who: ReadinessRule['for']): string =>
  [
    `## For the ${who}`,
    '',
    '| Rule | Level | Versions | What it asks | Checks | Specification |',
    '|---|---|---|---|---|---|',
    ...readinessRules.filter((rule) => rule.for === who).map(row),
  ].join('\n')

export const readinessPage = (): string =>
  `${[
    intro.trimEnd(),
    ...(['MCP server', 'authorization server', 'client'] as const).map(section),
  ].join('\n\n')}\n`
