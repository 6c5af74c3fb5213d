// The work of `migrate`: reads a configuration of mcp-proxy 0.4 and writes it for this one, with its comments, and with new
// ones where a key means another thing.
import { isDeepStrictEqual } from 'node:util'
import { parse as parseToml } from 'smol-toml'
import { formatOf } from '../../config/document.ts'
import { showPath } from '../../config/key-path.ts'
import { parseConfig, readConfigFile, wellFormed } from '../../config/load.ts'
import { placeholderValues } from '../../config/placeholders.ts'
import { problemReport } from '../../core/verdict/checks-report.ts'
import { problemOf } from '../../problems/problem.ts'
import {
  problemFromUsage,
  usageError,
  UsageError,
  type UsageProblem,
} from '../../problems/usage-error.ts'
import { exitCodes } from '../command/exit-codes.ts'
import type { CommandResult } from '../command/report-command.ts'
import { writeNewFile } from '../init/write-file.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { changesFor, type Change } from './changes.ts'
import { migrateSummary } from './migrate-text.ts'
import type { MigrateChange, MigrateReport } from './report.ts'
import { placesIn, withEdits, type Edit, type Places } from './toml-edits.ts'

export interface MigrateFlags {
  readonly output?: string | undefined
  readonly force?: boolean | undefined
}

/** What a comment of ours begins with, so that a person finds them all. */
const mark = 'mcp-proxy migrate: '

interface Placed {
  readonly change: Change
  readonly line: number | undefined
  readonly edit: Edit
}

/** A key that is to be a comment and has no lines of its own is only noted. */
const placed = (change: Change, places: Places): Placed => {
  const { kind, path, text, line: added } = change
  const lines = kind === 'remove' ? (places.exactly(path) ?? places.of(path)) : places.of(path)
  const isOwn = kind === 'remove' && places.exactly(path) !== undefined
  const start = lines?.start ?? 1
  return {
    change,
    line: lines?.start,
    edit: {
      // What is added to a table comes behind its header.
      at: kind === 'add' ? start + 1 : start,
      comments: [mark + text],
      added: added === undefined ? [] : [added],
      commentedTo: isOwn ? lines?.end : undefined,
    },
  }
}

/** What serve would refuse, whatever the variables are. */
const problemsIn = async (
  text: string,
  file: string,
): Promise<{
  readonly problems: readonly UsageProblem[]
  readonly hasSecret: boolean
}> => {
  try {
    const env = placeholderValues(text)
    const { warnings } = await parseConfig(text, { file, format: 'toml', env })
    return {
      problems: [],
      hasSecret: warnings.some(({ code }) => code === 'config-secret-literal'),
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return { problems: error.problems, hasSecret: false }
  }
}

const changeReport = ({ change: { kind, path, text }, line }: Placed): MigrateChange => ({
  kind,
  key: showPath(path),
  line: line ?? null,
  text,
})

/** Undefined: an edit would change what it was not meant to. */
const edited = (text: string, all: readonly Placed[], tree: unknown): string | undefined => {
  const after = withEdits(
    text,
    all.map(({ edit }) => edit),
  )
  const changes = all.filter(({ change }) => change.kind !== 'note')
  if (changes.length > 0) return after
  return isDeepStrictEqual(parseToml(after), tree) ? after : undefined
}

export const migrateConfig = async (
  file: string,
  { output, force = false }: MigrateFlags,
  narrator: Narrator,
): Promise<CommandResult<MigrateReport>> => {
  if (formatOf(file) !== 'toml') throw usageError(problemOf('usage-flag', 'migrate-toml'))
  const { text, mode } = await readConfigFile(file)
  const tree = await wellFormed(text, { file, format: 'toml' })
  const places = placesIn(text)
  const all = changesFor(tree).map((change) => placed(change, places))
  const after = edited(text, all, tree)
  if (after === undefined) throw usageError(problemOf('usage-flag', 'migrate-changes', { file }))
  const { problems, hasSecret } = await problemsIn(after, output ?? file)
  if (output !== undefined)
    await writeNewFile(output, after, force, mode === 0 ? 0o600 : mode & 0o777)
  else if (hasSecret) throw usageError(problemOf('usage-flag', 'migrate-secret', { file }))
  const isWhole = problems.length === 0
  const report: MigrateReport = {
    schema_version: 1,
    command: 'migrate',
    verdict: isWhole ? 'migrated' : 'incomplete',
    from: file,
    output: output ?? null,
    changes: all.map(changeReport),
    problems: problems.map((one) => ({
      ...problemReport(problemFromUsage(one, '')),
      line: one.place?.line ?? null,
    })),
    text: output === undefined ? after : null,
  }
  const summary = migrateSummary(report)
  if (output === undefined && !narrator.quiet) narrator.tell(summary)
  return {
    report,
    exitCode: isWhole ? exitCodes.accepted : exitCodes.rejected,
    text: () => (output === undefined ? after.trimEnd() : summary),
    line: () => (output === undefined ? after.trimEnd() : (summary.split('\n').at(-1) ?? '')),
  }
}
