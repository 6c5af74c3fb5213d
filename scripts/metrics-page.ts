// docs/metrics.md: every metric with its labels, from the table of instruments.
import { instruments } from '../src/base/instruments.ts'

export const metricsPage = (): string => {
  const rows = Object.entries(instruments).map(([name, { type, labels, help }]) => {
    const names = labels.map((label) => `\`${label}\``).join(', ')
    return `| \`${name}\` | ${type} | ${names} | ${help} |`
  })
  return `<!-- Generated from src/base/instruments.ts by scripts/generate.ts. Do not edit. -->

# Metrics

Prometheus text at \`/admin/metrics\`, unless \`observability.metrics.enabled\` is false. Names and labels are stable. No
label takes a value that a client can make up: an unknown method counts as \`other\`.

| Metric | Type | Labels | Meaning |
| --- | --- | --- | --- |
${rows.join('\n')}
`
}
