// The findings as a table that also fits into docs/conformance.md, and what differs from the lists.
import type { Finding } from './finding.ts'

const verdict = ({ unlisted, stale }: Finding): string => {
  if (unlisted.length > 0) return `${unlisted.length} not in the list`
  return stale.length > 0 ? `${stale.length} stale in the list` : 'as listed'
}

const cells = (finding: Finding): readonly string[] => {
  const { run, set, counts, weak, seconds } = finding
  return [
    run.name,
    set,
    `${counts.clean}/${counts.scenarios}`,
    `${counts.passed}/${counts.checks}`,
    String(weak.length),
    verdict(finding),
    `${seconds.toFixed(0)} s`,
  ]
}

const columns = ['run', 'scenarios of', 'clean', 'checks', 'weaker', 'verdict', 'time']

export const renderTable = (findings: readonly Finding[]): string => {
  const rows = [columns, ...findings.map(cells)]
  const widths = columns.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |\n`
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |\n`
  return [line(columns), rule, ...rows.slice(1).map(line)].join('')
}

/** What is not as listed; with `all`, everything that is weaker. */
export const renderDifferences = (findings: readonly Finding[], all: boolean): string =>
  findings
    .flatMap(({ run, set, weak, unlisted, stale, weakerOnce }) => [
      ...(all ? weak : unlisted).map(
        ({ entry, status, message = '' }) =>
          `${run.name}, ${set}: ${entry} ${status.toLowerCase()} ${message}`.trimEnd() + '\n',
      ),
      ...weakerOnce.map(
        ({ entry }) => `${run.name}, ${set}: ${entry} was weaker once in two tries\n`,
      ),
      ...stale.map((entry) => `${run.name}, ${set}: ${entry} is listed, but as good as direct\n`),
    ])
    .join('')
