// What changed since an earlier report, as a person, a reviewer or a log reads it.
import type { Json } from '../../base/json.ts'
import type { Change, Comparison } from './compare-reports.ts'
import { printable, shortened } from '../../base/escape.ts'
import type { Style } from '../terminal/style.ts'
import type { View } from '../report/checks-text.ts'
import { hanging, padded } from '../report/layout.ts'

const verbs = { added: 'new', removed: 'gone', changed: 'changed' } as const
const findingVerbs = { added: 'came', removed: 'went', changed: 'changed' } as const

const verbOf = ({ area, kind }: Change): string => (area === 'finding' ? findingVerbs : verbs)[kind]

const longestValue = 120

const valueText = (value: Json): string => {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) {
    return shortened(value.join(' '), longestValue)
  }
  return shortened(typeof value === 'string' ? value : JSON.stringify(value), longestValue)
}

/** Of two lists that mostly agree, only what differs is worth reading. */
const listChange = (before: Json, after: Json): string | undefined => {
  if (!Array.isArray(before) || !Array.isArray(after)) return undefined
  const [was, is] = [before.map(valueText), after.map(valueText)]
  const parts = [
    ...is.filter((item) => !was.includes(item)).map((item) => `+${item}`),
    ...was.filter((item) => !is.includes(item)).map((item) => `-${item}`),
  ]
  return parts.length === 0 ? undefined : shortened(parts.join(' '), longestValue)
}

/** `a -> b`; one side alone where there was or is nothing. */
const transition = ({ before, after }: Change): string => {
  if (before === null) return after === null ? '' : valueText(after)
  if (after === null) return valueText(before)
  return listChange(before, after) ?? `${valueText(before)} -> ${valueText(after)}`
}

const nameText = ({ area, name }: Change): string =>
  printable(area === 'key' ? `kid ${name}` : name === area ? '' : name)

/** One change on one line, for a log. */
export const changeLine = (change: Change, style: Style): string => {
  const mark = change.worse ? style.red('worse') : 'note '
  const words = [change.area, nameText(change), verbOf(change)]
  const said = transition(change)
  return `${mark}  ${words.filter((word) => word !== '').join(' ')}${said === '' ? '' : `: ${said}`}`
}

const counted = (count: number): string => `${String(count)} change${count === 1 ? '' : 's'}`

const worseCount = ({ changes }: Comparison): number => changes.filter(({ worse }) => worse).length

/** What is left of it with --quiet. */
export const comparisonLine = (comparison: Comparison, since: string, style: Style): string => {
  const { changes, worse } = comparison
  const place = printable(since)
  if (changes.length === 0) return `${style.green.bold('SAME')}  nothing changed since ${place}`
  const told = `${counted(changes.length)} since ${place}`
  return worse
    ? `${style.red.bold('WORSE')}  ${told}, ${String(worseCount(comparison))} for the worse`
    : `${style.green.bold('CHANGED')}  ${told}, none for the worse`
}

export const comparisonText = (comparison: Comparison, since: string, view: View): string => {
  const { style, columns } = view
  const width = Math.max(0, ...comparison.changes.map(({ area }) => area.length))
  const lines = comparison.changes.map((change) => {
    const mark = change.worse ? style.red.bold('worse') : style.dim('note ')
    const said = transition(change)
    const text = [nameText(change), verbOf(change)].filter((word) => word !== '').join(' ')
    const head = `  ${mark}  ${style.dim(padded(change.area, width))}  `
    return hanging(head, said === '' ? text : `${text}: ${said}`, columns)
  })
  return [
    style.bold('Since the earlier report'),
    ...lines,
    ...(lines.length === 0 ? [] : ['']),
    comparisonLine(comparison, since, style),
  ].join('\n')
}

/** Text from elsewhere stays text, as in the other tables for reviewers. */
export const comparisonMarkdown = (
  comparison: Comparison,
  since: string,
  plain: (text: string) => string,
): string => {
  const rows = comparison.changes.map((change) => {
    const what = [nameText(change), verbOf(change)].filter((word) => word !== '')
    const cells = [change.worse ? 'worse' : 'note', change.area, what.join(' '), transition(change)]
    return `| ${cells.map(plain).join(' | ')} |`
  })
  return [
    `### Since ${plain(since)}`,
    '',
    ...(rows.length === 0
      ? ['Nothing changed.']
      : ['| Weight | Area | What | Before and after |', '| --- | --- | --- | --- |', ...rows]),
  ].join('\n')
}
