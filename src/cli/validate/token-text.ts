// What a token says of itself, member by member, with times that a person can place.
import type { Json, JsonObject } from '../../base/json.ts'
import { absolute, relative } from '../terminal/duration.ts'
import { printable } from '../../base/escape.ts'
import type { Style } from '../terminal/style.ts'
import type { TokenView } from '../token/token-view.ts'
import type { JudgedToken } from './validate-report.ts'
import { valueText, type View } from '../report/checks-text.ts'
import { hanging, longest, padded } from '../report/layout.ts'

const dates = new Set(['exp', 'nbf', 'iat', 'auth_time', 'updated_at'])

export const memberText = (name: string, value: Json, nowSeconds: number): string => {
  if (typeof value !== 'number' || !dates.has(name)) return valueText(value)
  const date = absolute(value)
  return date === undefined ? String(value) : `${date}  ${relative(value, nowSeconds)}`
}

interface Marking {
  /** How wide the names are at least. */
  readonly width?: number
  /** Names that get a mark; those that are not in the document are added. */
  readonly wrong?: readonly string[]
}

export const memberLines = (
  document: JsonObject,
  nowSeconds: number,
  { style, columns }: View,
  { width: atLeast = 0, wrong = [] }: Marking = {},
): string[] => {
  const members = Object.entries(document).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, memberText(name, value, nowSeconds)] as const],
  )
  const absent = wrong.filter((name) => document[name] === undefined)
  const all = [...members, ...absent.map((name) => [name, '(absent)'] as const)]
  const width = Math.max(atLeast, longest(all.map(([name]) => printable(name))))
  return all.map(([name, text]) => {
    const shown = padded(printable(name), width)
    const head = wrong.includes(name) ? style.red(`x ${shown}`) : `  ${style.dim(shown)}`
    return hanging(`${head}  `, text, columns)
  })
}

const kinds = { jwt: 'JWT', jwe: 'encrypted JWT', opaque: 'opaque' } as const

/** No token, but what a decoder showed of one. */
const isDecoded = ({ kind, header, claims }: TokenView): boolean =>
  kind === 'opaque' && (header !== null || claims !== null)

export const tokenLine = (token: TokenView & { readonly source: string }): string => {
  const { kind, characters, fingerprint, source } = token
  return `${isDecoded(token) ? 'decoded JWT' : kinds[kind]}, ${String(characters)} characters, fingerprint ${fingerprint}, from ${printable(source)}`
}

/** The failing members are marked, so that it can be seen at a glance which they are. */
export const tokenLines = (token: JudgedToken, nowSeconds: number, view: View): string[] => {
  const parts = [
    { place: 'header.', document: token.header ?? {} },
    { place: 'claims.', document: token.claims ?? {} },
  ].map(({ place, document }) => ({
    document,
    wrong: token.wrong.flatMap((name) =>
      name.startsWith(place) ? [name.slice(place.length)] : [],
    ),
  }))
  const names = parts.flatMap(({ document, wrong }) => [...Object.keys(document), ...wrong])
  const width = longest(names.map(printable))
  return [
    `${view.style.bold('Token')}  ${tokenLine(token)}`,
    ...parts.flatMap(({ document, wrong }) =>
      memberLines(document, nowSeconds, view, { width, wrong }),
    ),
  ]
}

interface Unverified {
  readonly now: string
  readonly token: JudgedToken
}

/** What --quiet leaves of a token that was only decoded. */
export const unverifiedLine = ({ token }: Unverified, style: Style): string =>
  `${style.yellow('UNVERIFIED')}  ${tokenLine(token)}`

/** Nothing here was checked, and each line says so: a line may be copied alone. */
export const unverifiedText = ({ now, token }: Unverified, view: View): string => {
  const nowSeconds = Date.parse(now) / 1000
  const mark = view.style.yellow('UNVERIFIED')
  const narrower =
    view.columns === undefined ? view : { ...view, columns: Math.max(40, view.columns - 12) }
  const lines = tokenLines(token, nowSeconds, narrower)
  if (isDecoded(token)) lines.push('  decoded already: paste the token itself to have it verified')
  else if (token.kind === 'opaque')
    lines.push('  nothing in it can be read: ask with mcp-proxy introspect')
  return lines
    .join('\n')
    .split('\n')
    .map((line) => `${mark}  ${line}`)
    .join('\n')
}
