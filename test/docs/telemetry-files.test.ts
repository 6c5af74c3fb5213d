// The dashboard and the alert rules of deploy/ ask for metrics and labels that exist, and the rules fire when they should.
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { makeTempFolder } from '../support/command-line.ts'
import { instruments } from '../../src/base/instruments.ts'

const alerts = 'deploy/prometheus/alerts.yml'
const rulesTest = 'deploy/prometheus/alerts.test.yml'

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly annotations: Readonly<Record<string, string>>
}

const rules = (
  parse(readFileSync(alerts, 'utf8')) as { groups: readonly { rules: readonly Rule[] }[] }
).groups.flatMap(({ rules: some }) => some)

interface Panel {
  readonly title: string
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[]
}
const dashboard = JSON.parse(readFileSync('deploy/grafana/mcp-proxy.json', 'utf8')) as {
  readonly panels: readonly Panel[]
}
const targets = dashboard.panels.flatMap(({ title, targets: some = [] }) =>
  some.map((one) => ({ ...one, title })),
)

const suffix = /_(?:bucket|sum|count)$/
/** Of every metric that is scraped: the name of the process, and what Prometheus adds to buckets. */
const everywhere = ['instance', 'le', 'job']

const labelsOf = (name: string): readonly string[] | undefined => {
  const known = instruments as Readonly<
    Record<string, { readonly type: string; readonly labels: readonly string[] }>
  >
  const exact = known[name]
  if (exact !== undefined) return exact.type === 'histogram' ? undefined : exact.labels
  const spec = known[name.replace(suffix, '')]
  return spec?.type === 'histogram' ? spec.labels : undefined
}

/** The metrics of an expression, and the labels that are asked of any of them. */
const askedIn = (expr: string) => {
  const metrics = [...expr.matchAll(/\bmcp_proxy_[a-z_]+/g)].map(([name]) => name)
  const matched = [...expr.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label]) => label!)
  const grouped = [...expr.matchAll(/\bby\s*\(([^)]*)\)/g)].flatMap(([, list]) =>
    list!.split(',').map((label) => label.trim()),
  )
  return { metrics, labels: [...matched, ...grouped] }
}

const wrongIn = (expr: string, shown = ''): readonly string[] => {
  const { metrics, labels } = askedIn(expr)
  const inText = [...shown.matchAll(/\{\{\s*(?:\$labels\.)?([a-z_]+)\s*\}\}/g)].map(
    ([, label]) => label!,
  )
  const known = new Set([...everywhere, ...metrics.flatMap((name) => labelsOf(name) ?? [])])
  return [
    ...(metrics.length === 0 ? ['no metric'] : []),
    ...metrics.filter((name) => labelsOf(name) === undefined),
    ...[...labels, ...inText].filter((label) => !known.has(label)),
  ]
}

test('what does not exist is found: the test can fail', () => {
  expect(wrongIn('rate(mcp_proxy_requests{outcme="x"}[5m])')).toEqual([
    'mcp_proxy_requests',
    'outcme',
  ])
  expect(wrongIn('mcp_proxy_request_duration_seconds')).toHaveLength(1)
  expect(wrongIn('mcp_proxy_sessions', '{{backend}}')).toEqual(['backend'])
})

test.each(rules.map((rule) => [rule.alert, rule] as const))(
  'the alert %s asks for metrics and labels that exist',
  (_, { expr, annotations }) => {
    expect(wrongIn(expr, Object.values(annotations).join(' '))).toEqual([])
  },
)

test.each(targets.map(({ title, expr, legendFormat }) => [title, expr, legendFormat] as const))(
  'the panel %s asks for metrics and labels that exist: %s',
  (_, expr, legend) => {
    expect(wrongIn(expr, legend)).toEqual([])
  },
)

test('every metric has a place on the dashboard', () => {
  const shown = new Set(
    targets.flatMap(({ expr }) => askedIn(expr).metrics.map((name) => name.replace(suffix, ''))),
  )
  expect(Object.keys(instruments).filter((name) => !shown.has(name))).toEqual([])
})

test('values of outcome are those that the code counts', () => {
  const asked = [...rules.map(({ expr }) => expr), ...targets.map(({ expr }) => expr)].flatMap(
    (expr) =>
      [...expr.matchAll(/outcome(?:=~|=|!=)"([^"]*)"/g)].flatMap(([, values]) =>
        values!.split('|'),
      ),
  )
  const known = ['ok', 'error', 'refused', 'failed', 'dropped', 'sent', 'over-budget']
  expect([...new Set(asked)].filter((value) => !known.includes(value))).toEqual([])
})

const promtool = process.env['PROMTOOL'] ?? 'promtool'
const hasPromtool = spawnSync(promtool, ['--version']).error === undefined

describe.skipIf(!hasPromtool && process.env['CI'] === undefined)(
  'promtool (apt-get install prometheus)',
  () => {
    test('takes the rules', () => {
      const said = execFileSync(promtool, ['check', 'rules', alerts], { encoding: 'utf8' })
      expect(said).toContain(`SUCCESS: ${String(rules.length)} rules found`)
    })

    test('finds that they fire when they should, and not before', () => {
      const said = execFileSync(promtool, ['test', 'rules', rulesTest], { encoding: 'utf8' })
      expect(said).toContain('SUCCESS')
    })

    test('can read the queries of the dashboard', async () => {
      const recorded = targets.map(({ expr }, at) => ({
        record: `panel:${at}`,
        expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*'),
      }))
      const folder = await makeTempFolder()
      try {
        const file = await folder.write(
          'panels.yml',
          JSON.stringify({ groups: [{ name: 'panels', rules: recorded }] }),
        )
        const said = execFileSync(promtool, ['check', 'rules', file], { encoding: 'utf8' })
        expect(said).toContain(`SUCCESS: ${String(targets.length)} rules found`)
      } finally {
        await folder.remove()
      }
    })
  },
)
