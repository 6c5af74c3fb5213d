// Pins as a person reads them: a line for each tool, and below it what changed.
import { printable, shortened } from '../../base/escape.ts'
import type { Json } from '../../base/json.ts'
import { troubleLines } from '../backend/server-report.ts'
import type { View } from '../report/checks-text.ts'
import { longest, padded } from '../report/layout.ts'
import type { Style } from '../terminal/style.ts'
import type { PinChange, PinnedBackend, PinnedTool, PinsReport } from './pins-report.ts'

const longestValue = 2000

const valueText = (value: Json): string => printable(shortened(JSON.stringify(value), longestValue))

const changeLines = ({ path, before, after }: PinChange, style: Style): readonly string[] => [
  ...(before === null ? [] : [style.red(`    - ${printable(path)}: ${valueText(before)}`)]),
  ...(after === null ? [] : [style.green(`    + ${printable(path)}: ${valueText(after)}`)]),
]

const stateText = (state: PinnedTool['state'], style: Style): string =>
  ({
    pinned: style.green('pinned'),
    changed: style.yellow('changed'),
    new: style.yellow('new'),
    gone: style.dim('gone'),
  })[state]

const backendLines = (
  { backend, pin_tools: mode, tools, trouble }: PinnedBackend,
  view: View,
): readonly string[] => {
  const { style } = view
  const width = longest(tools.map(({ tool }) => printable(tool)))
  const nothing = trouble === null && tools.length === 0 ? [`  ${style.dim('nothing')}`] : []
  return [
    `${style.bold(backend)}  ${style.dim(`pin_tools = "${mode}"`)}`,
    ...(trouble === null ? [] : troubleLines(trouble, style.red('  not asked'), view)),
    ...nothing,
    ...tools.flatMap(({ tool, state, changes }) => [
      `  ${padded(printable(tool), width)}  ${stateText(state, style)}`,
      ...changes.flatMap((change) => changeLines(change, style)),
    ]),
  ]
}

const headTexts: Readonly<Record<PinsReport['verdict'], (file: string) => string>> = {
  list: (file) => `Pinned in ${file}`,
  same: (file) => `All tools are as pinned in ${file}`,
  differs: (file) => `Differs from what is pinned in ${file}. To accept it: mcp-proxy pins accept`,
  accepted: (file) => `Accepted and pinned in ${file}`,
  unreached: () => 'Not every backend could be asked',
}

export const pinsText = ({ verdict, file, backends }: PinsReport, view: View): string =>
  [
    headTexts[verdict](printable(file)),
    ...backends.flatMap((backend) => ['', ...backendLines(backend, view)]),
  ].join('\n')

export const pinsLine = ({ verdict, backends }: PinsReport): string => {
  const of = (state: PinnedTool['state']): number =>
    backends.flatMap(({ tools }) => tools).filter((tool) => tool.state === state).length
  const counts = (['pinned', 'changed', 'new', 'gone'] as const).map((state) => [of(state), state])
  const some = counts.filter(([n]) => n !== 0).map(([n, state]) => `${String(n)} ${String(state)}`)
  return [verdict, ...some].join('  ')
}
