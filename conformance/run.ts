// `npm run conformance -- [run...] [--update] [--all]`: the official suite, with and without the proxy, against the committed lists.
import { parseArgs } from 'node:util'
import { compare, readExpected, writeExpected } from './expected.ts'
import type { Finding } from './finding.ts'
import { count, failures, weakerThan } from './outcome.ts'
import { runs, type Part, type Run } from './plan.ts'
import { renderDifferences, renderTable } from './report.ts'
import { installSuite } from './suite.ts'

const examineOnce = async (run: Run, part: Part): Promise<Finding> => {
  const reference = await part.reference?.()
  const begin = performance.now()
  const outcome = await part.outcome()
  const seconds = (performance.now() - begin) / 1000
  const weak = reference === undefined ? failures(outcome) : weakerThan(reference, outcome)
  const expected = run.list === undefined ? [] : ((await readExpected(run.list))[part.set] ?? [])
  return {
    run,
    set: part.set,
    counts: count(outcome),
    weak,
    seconds,
    ...compare(expected, weak),
    weakerOnce: [],
  }
}

/** What is weaker only in one of two tries is told, and does not count: the suite has little patience. */
const examine = async (run: Run, part: Part): Promise<Finding> => {
  const first = await examineOnce(run, part)
  if (first.unlisted.length === 0) return first
  process.stderr.write(`${run.name}, ${part.set}: weaker than listed, once more\n`)
  const second = await examineOnce(run, part)
  return second.unlisted.length === 0 ? { ...second, weakerOnce: first.unlisted } : second
}

const update = async (findings: readonly Finding[]): Promise<void> => {
  // Where two runs share a list, the first one writes it.
  for (const run of runs) {
    if (run.list !== run.name) continue
    const own = findings.filter((finding) => finding.run === run)
    if (own.length === 0) continue
    await writeExpected(run.list, Object.fromEntries(own.map(({ set, weak }) => [set, weak])))
  }
}

const choose = (names: readonly string[]): readonly Run[] | undefined => {
  const matches = (name: string) => (run: Run) =>
    run.name === name || run.name.startsWith(`${name}-`)
  if (names.some((name) => !runs.some(matches(name)))) return undefined
  return names.length === 0 ? runs : runs.filter((run) => names.some((name) => matches(name)(run)))
}

const usage = (): number => {
  const known = runs.map(({ name, title }) => `  ${name.padEnd(10)} ${title}\n`)
  process.stderr.write(
    `usage: npm run conformance -- [run...] [--update] [--all]\n${known.join('')}`,
  )
  return 2
}

interface Wishes {
  readonly chosen: readonly Run[]
  /** Writes the lists anew. */
  readonly update: boolean
  /** Shows also what is weaker as listed. */
  readonly all: boolean
}

const readArguments = (): Wishes | undefined => {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { update: { type: 'boolean' }, all: { type: 'boolean' } },
    })
    const chosen = choose(positionals)
    return chosen && { chosen, update: values.update ?? false, all: values.all ?? false }
  } catch {
    return undefined
  }
}

const main = async (): Promise<number> => {
  const wishes = readArguments()
  if (wishes === undefined) return usage()
  await installSuite()
  const findings: Finding[] = []
  for (const run of wishes.chosen) {
    for (const part of run.parts) {
      process.stderr.write(`${run.name}, ${part.set}\n`)
      findings.push(await examine(run, part))
    }
  }
  if (wishes.update) await update(findings)
  process.stdout.write(renderDifferences(findings, wishes.all))
  process.stdout.write(renderTable(findings))
  const differs = findings.some(({ unlisted, stale }) => unlisted.length + stale.length > 0)
  return differs && !wishes.update ? 1 : 0
}

process.exitCode = await main()
