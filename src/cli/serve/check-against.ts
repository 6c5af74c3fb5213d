// The work of `serve --check --against`: what would become of a configuration at a proxy that runs.
import { printable } from '../../base/escape.ts'
import { formatOf } from '../../config/document.ts'
import { readConfigFile } from '../../config/load.ts'
import { isProblemCode, problemOf } from '../../problems/problem.ts'
import { usageError, type UsageProblem } from '../../problems/usage-error.ts'
import { askProxy } from '../admin/ask-proxy.ts'
import { findRunningProxy } from '../admin/running-proxy.ts'
import { exitCodes } from '../command/exit-codes.ts'
import { problemText } from '../command/failure.ts'
import type { CommandResult } from '../command/report-command.ts'
import { proxiedPorts } from '../flags/network-flags.ts'
import { longest, padded } from '../report/layout.ts'
import { withProgress } from '../terminal/progress.ts'
import type { Narrator } from '../terminal/narrator.ts'
import type { Style } from '../terminal/style.ts'
import type { AgainstReport, ReportedFinding } from './serve-report.ts'

const timeout = 30

const verdicts = { applied: 'applicable', unchanged: 'unchanged', refused: 'refused' } as const

/** The proxy judges the text with its own environment and files: those are what it would be served with. */
export const checkAgainst = async (
  { config: file, against }: { readonly config: string; readonly against: string },
  narrator: Narrator,
): Promise<CommandResult<AgainstReport>> => {
  const { text: body } = await readConfigFile(file)
  const proxy = await findRunningProxy({ proxy: against, flag: '--against' }, narrator)
  const { origin, flag } = proxy
  const { quiet } = narrator
  const { status, value } = await withProgress({ text: `asking ${origin}`, quiet }, () =>
    askProxy(
      proxy,
      {
        path: '/admin/config/validate',
        right: 'configure',
        post: { type: `application/${formatOf(file)}`, body },
      },
      { ports: proxiedPorts(narrator), timeout },
    ),
  )
  const { reloadSchema } = await import('../../server/admin/schemas.ts')
  const read = reloadSchema.safeParse(value)
  if (!read.success)
    throw usageError(problemOf('admin-reach', 'other', { url: origin, status, flag }))
  const { outcome, ...found } = read.data
  const report: AgainstReport = {
    schema_version: 1,
    command: 'serve',
    verdict: verdicts[outcome],
    config: file,
    against: origin,
    ...found,
  }
  return {
    report,
    exitCode: outcome === 'refused' ? exitCodes.rejected : exitCodes.accepted,
    text: (style) => againstText(report, style),
  }
}

type Change = AgainstReport['changes'][number]

const signs = { added: '+', removed: '-', changed: '~' } as const

const changeLine = ({ key, before, after, change }: Change, width: number): string => {
  const shown =
    before === null && after === null ? change : `${before ?? 'not set'} -> ${after ?? 'not set'}`
  return `  ${signs[change]} ${padded(printable(key), width)}  ${printable(shown)}`
}

const problemOfFinding = (file: string, finding: ReportedFinding): UsageProblem => {
  const { code, message, hint, line, column, excerpt } = finding
  return {
    code: isProblemCode(code) ? code : 'config-value',
    message,
    hint,
    place: {
      file,
      ...(line === null ? {} : { line }),
      ...(column === null ? {} : { column }),
    },
    ...(excerpt === null ? {} : { excerpt }),
  }
}

const headOf = ({ verdict, config, against }: AgainstReport, style: Style): string => {
  const [file, url] = [printable(config), printable(against)]
  switch (verdict) {
    case 'applicable':
      return `${style.green.bold('OK')}  ${url} would serve ${file}; nothing was changed`
    case 'unchanged':
      return `${style.green.bold('OK')}  ${url} serves the same as ${file}`
    case 'refused':
      return `${style.red.bold('REFUSED')}  ${url} would not serve ${file}`
  }
}

const againstText = (report: AgainstReport, style: Style): string => {
  const { changes, problems, config } = report
  const width = longest(changes.map(({ key }) => printable(key)))
  return [
    headOf(report, style),
    ...(changes.length === 0 ? [] : ['', style.bold('Changes')]),
    ...changes.map((change) => changeLine(change, width)),
    ...(problems.length === 0 ? [] : ['']),
    ...problems.map((finding) => problemText(problemOfFinding(config, finding), style)),
  ].join('\n')
}
