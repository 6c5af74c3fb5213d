// What servers offer, as a person reads it: a line for each tool, resource and prompt.
import { printable, shortened } from '../../base/escape.ts'
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts'
import { msText, nextLines, serverText, troubleLines } from '../backend/server-report.ts'
import { parametersOf, shapeText } from '../call/schema-types.ts'
import { longest, padded } from '../report/layout.ts'
import type { View } from '../report/checks-text.ts'
import type { Style } from '../terminal/style.ts'
import type { ListReport, OfferReport, ToolsReport } from './tools-report.ts'

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

/** `text steps:integer [language]`: the optional ones in brackets, the type where it is no text. */
const argumentsText = ({ inputSchema }: JsonObject): string => {
  const { shapes, required } = parametersOf(inputSchema)
  return [...shapes]
    .map(([name, shape]) => {
      const type = shapeText(shape)
      const word =
        type === 'string' || shape.values !== undefined
          ? name
          : `${name}:${type.replaceAll(' ', '-')}`
      return required.includes(name) ? word : `[${word}]`
    })
    .join(' ')
}

const promptText = ({ arguments: given }: JsonObject): string =>
  (Array.isArray(given) ? (given as readonly Json[]) : [])
    .filter(isJsonObject)
    .map(({ name, required }) => (required === true ? textOf(name) : `[${textOf(name)}]`))
    .join(' ')

const hintNames = {
  readOnlyHint: 'read-only',
  destructiveHint: 'destructive',
  idempotentHint: 'idempotent',
} as const

const hintsText = ({ annotations }: JsonObject): string =>
  isJsonObject(annotations)
    ? Object.entries(hintNames)
        .flatMap(([hint, word]) => (annotations[hint] === true ? [word] : []))
        .join(', ')
    : ''

type Row = readonly [name: string, how: string, about: string]

const firstLine = (text: string): string => text.trim().split('\n')[0] ?? ''

const aboutText = (item: JsonObject): string =>
  [firstLine(textOf(item['description']) || textOf(item['title'])), hintsText(item)]
    .filter(Boolean)
    .join('; ')

const rowOf = (kind: ListReport['kind'], item: Json): Row => {
  if (!isJsonObject(item)) return ['(no object)', '', '']
  switch (kind) {
    case 'tools':
      return [textOf(item['name']), argumentsText(item), aboutText(item)]
    case 'prompts':
      return [textOf(item['name']), promptText(item), aboutText(item)]
    case 'resources':
      return [
        textOf(item['uri']),
        textOf(item['mimeType']),
        aboutText(item) || textOf(item['name']),
      ]
    case 'resourceTemplates':
      return [
        textOf(item['uriTemplate']),
        textOf(item['mimeType']),
        aboutText(item) || textOf(item['name']),
      ]
  }
}

const widestName = 40
const widestArguments = 48

const rowLines = (rows: readonly Row[], { style, columns }: View): string[] => {
  const shown = rows.map((row): Row => [printable(row[0]), printable(row[1]), printable(row[2])])
  const isCut = columns !== undefined
  const names = Math.min(longest(shown.map(([name]) => name)), isCut ? widestName : Infinity)
  const hows = Math.min(longest(shown.map(([, how]) => how)), isCut ? widestArguments : Infinity)
  return shown.map(([name, how, about]) => {
    const head = `  ${padded(name, names)}  ${padded(how, hows)}`
    const room =
      columns === undefined ? about.length : Math.max(0, columns - Math.max(head.length, 0) - 2)
    const rest = columns !== undefined && room < 12 ? '' : shortened(about, room)
    const cut = columns === undefined ? head : shortened(head.trimEnd(), columns)
    return rest === '' ? cut.trimEnd() : `${head}  ${style.dim(rest)}`
  })
}

const titles = {
  tools: 'Tools',
  resources: 'Resources',
  resourceTemplates: 'Templates',
  prompts: 'Prompts',
} as const

const listLines = ({ kind, items, trouble }: ListReport, view: View): string[] => {
  const { style } = view
  if (items.length === 0 && trouble === null) return []
  return [
    '',
    `${style.bold(titles[kind])} (${String(items.length)})`,
    ...rowLines(
      items.map((item) => rowOf(kind, item)),
      view,
    ),
    ...(trouble === null ? [] : [`  ${style.yellow('incomplete')}  ${printable(trouble)}`]),
  ]
}

const isEmpty = ({ lists }: OfferReport): boolean =>
  lists.every(({ items, trouble }) => items.length === 0 && trouble === null)

const offerLines = (offer: OfferReport, isOne: boolean, view: View): string[] => {
  const { style } = view
  const { target, server, trouble, time, lists } = offer
  const name = isOne ? '' : `${style.bold(printable(target))}  `
  if (trouble !== null || server === null) {
    return [
      ...(isOne ? [] : [name.trimEnd()]),
      ...(trouble === null ? [] : troubleLines(trouble, style.red.bold('FAILED'), view)),
      '',
      ...nextLines(offer.next, view),
    ]
  }
  const took = [
    `connected in ${msText(time.connect)}`,
    ...(time.lists === null ? [] : [`lists in ${msText(time.lists)}`]),
  ]
  return [
    `${name}${serverText(server)}`,
    style.dim(took.join(', ')),
    ...lists.flatMap((list) => listLines(list, view)),
    ...(isEmpty(offer) ? ['', 'It offers no tools, resources or prompts.'] : []),
    '',
    ...nextLines(offer.next, view),
  ]
}

export const toolsText = ({ servers }: ToolsReport, view: View): string =>
  servers.map((offer) => offerLines(offer, servers.length === 1, view).join('\n')).join('\n\n')

/** Names alone: what a script reads line by line. */
export const toolsLine = ({ servers }: ToolsReport, style: Style): string =>
  servers
    .flatMap(({ lists, trouble }) =>
      trouble === null
        ? lists
            .filter(({ kind }) => kind === 'tools')
            .flatMap(({ items }) => items.map((item) => printable(rowOf('tools', item)[0])))
        : [
            `${style.red.bold('FAILED')}  ${trouble.problem.code}  ${printable(trouble.problem.detail)}`,
          ],
    )
    .join('\n')
