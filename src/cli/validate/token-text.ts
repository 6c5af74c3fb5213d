// What a token says of itself, member by member, with times that a person can place.
import type { Json, JsonObject } from '../../base/json.ts'
import { absolute, relative } from '../terminal/duration.ts'
import { printable } from '../../base/escape.ts'
import type { Style } from '../terminal/style.ts'
import type { TokenView } from '../token/token-view.ts'
import { valueText, type View } from '../report/checks-text.ts'
import { hanging, longest, padded } from '../report/layout.ts'

const dates = new Set(['exp', 'nbf', 'iat', 'auth_time', 'updated_at'])

const memberText = (name: string, value: Json, nowSeconds: number): string => {
  if (typeof value !== 'number' || !dates.has(name)) return valueText(value)
  const date = absolute(value)
  return date === undefined ? String(value) : `${date}  ${relative(value, nowSeconds)}`
}

export const memberLines = (
  document: JsonObject,
  nowSeconds: number,
  { style, columns }: View,
  atLeast = 0,
): string[] => {
  const members = Object.entries(document).flatMap(([name, value]) =>
    value === undefined ? [] : [[printable(name), memberText(name, value, nowSeconds)] as const],
  )
  const width = Math.max(atLeast, longest(members.map(([name]) => name)))
  return members.map(([name, text]) =>
    hanging(`  ${style.dim(padded(name, width))}  `, text, columns),
  )
}

const kinds = { jwt: 'JWT', jwe: 'encrypted JWT', opaque: 'opaque' } as const

export const tokenLine = ({
  kind,
  characters,
  fingerprint,
  source,
}: TokenView & { readonly source: string }): string =>
  `${kinds[kind]}, ${String(characters)} characters, fingerprint ${fingerprint}, from ${printable(source)}`

export const tokenLines = (
  token: TokenView & { readonly source: string },
  nowSeconds: number,
  view: View,
): string[] => {
  const documents = [token.header ?? {}, token.claims ?? {}]
  const width = longest(documents.flatMap((document) => Object.keys(document).map(printable)))
  return [
    `${view.style.bold('Token')}  ${tokenLine(token)}`,
    ...documents.flatMap((document) => memberLines(document, nowSeconds, view, width)),
  ]
}

interface Unverified {
  readonly now: string
  readonly token: TokenView & { readonly source: string }
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
  if (token.kind === 'opaque')
    lines.push('  nothing in it can be read: ask with mcp-proxy introspect')
  return lines
    .join('\n')
    .split('\n')
    .map((line) => `${mark}  ${line}`)
    .join('\n')
}
