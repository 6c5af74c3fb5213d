// One line of a configuration as a report may show it: whatever could be a secret is left out.
import type { Excerpt } from '../problems/usage-error.ts'
import { looksLikeToken } from '../base/token-like.ts'
import { isSecretName } from '../base/secret-name.ts'
import { openTables } from './open-tables.ts'

type Kind = 'string' | 'comment' | 'word' | 'blank' | 'sign'

interface Piece {
  readonly kind: Kind
  readonly text: string
  /** From 0. */
  readonly start: number
}

const patterns: readonly (readonly [Kind, RegExp])[] = [
  ['string', /"(?:[^"\\]|\\.)*"?|'[^']*'?|[“‘][^”’]*[”’]?/y],
  ['comment', /#.*|\/\/.*$/y],
  ['blank', /\s+/y],
  ['sign', /[=:,[\]{};]/y],
  ['word', /[^\s"'“‘#=:,[\]{};]+/y],
]

const longest = 160

const piecesOf = (line: string): readonly Piece[] => {
  const pieces: Piece[] = []
  let at = 0
  while (at < line.length) {
    const start = at
    for (const [kind, pattern] of patterns) {
      pattern.lastIndex = at
      const text = pattern.exec(line)?.[0]
      if (text === undefined || text === '') continue
      pieces.push({ kind, text, start })
      at += text.length
      break
    }
    // Such as the end of a quotation that nothing began.
    if (at === start) {
      pieces.push({ kind: 'word', text: line.charAt(at), start })
      at += 1
    }
  }
  return pieces
}

/** Values are anything there, arguments of a program too. */
const isOpenOrSecret = (key: string): boolean =>
  key === 'args' || openTables.includes(key) || isSecretName(key)

const harmless = /^(?:[-+]?[\d._]{1,12}|true|false|inf|nan)$/i

/** What a person wrote without quotes, most likely: a word, a duration, an address, a path of Windows. */
const plain =
  /^(?:[a-z]{1,16}|\d{1,6}[a-z]{1,2}|(?:\d{1,3}\.){3}\d{1,3}|[A-Za-z]:(?:\\[\w-]{1,20}(?:\.\w{1,4})?){1,5})$/

const quotes = /^["'“‘]|["'”’]$/g

/** A host or an address of the web, without a user, a query or anything long in it. */
const address =
  /^(?:https?:\/\/)?[a-z-]{1,20}(?:\.[a-z-]{1,20}){0,5}(?::\d{1,5})?(?:\/[a-z_-]{0,20}){0,4}$/

const bareOf = (text: string): string => text.replace(quotes, '')

/** Keys come from the file as well. */
const mayShowKey = (text: string): boolean => {
  const bare = bareOf(text)
  return bare.length <= 40 && !looksLikeToken(bare) && !/[@?]/.test(bare)
}

/** `[a.b]` and `[[a]]`, also where the bracket at the end is missing. */
const header = /^\s*\[{1,2}[\w.\- ]+\]{0,2}\s*(?:#.*)?$/

/** Which pieces are names of keys or tables: where one may begin, before an equals sign or a colon. */
const keysOf = (pieces: readonly Piece[], line: string): ReadonlySet<Piece> => {
  const solid = pieces.filter(({ kind }) => kind !== 'blank' && kind !== 'comment')
  const isName = ({ kind }: Piece) => kind === 'word' || kind === 'string'
  if (header.test(line)) return new Set(solid.filter(isName))
  const keys = new Set<Piece>()
  const within: string[] = []
  let before = ''
  for (const [index, piece] of solid.entries()) {
    const isBegin = before === '' || (within.at(-1) !== '[' && ['{', ','].includes(before))
    const isEnd = ['=', ':'].includes(solid[index + 1]?.text ?? '')
    if (isName(piece) && isBegin && isEnd) keys.add(piece)
    before = piece.text
    if (before === '[' || before === '{') within.push(before)
    if (before === ']' || before === '}') within.pop()
  }
  return keys
}

/** `key = [`, `key: {`: a value that goes on in the next lines. */
const opening = /^\s*["']?([\w.-]+)["']?\s*[:=]\s*(?:[[{|>][^\]}]*|"{3}[^"]*|'{3}[^']*)?$/

/** Whether a line belongs to a table or a list whose values are anything, or secrets, that began before it. */
const isWithinOpen = (lines: readonly string[], number: number): boolean => {
  for (let at = number - 2; at >= 0; at -= 1) {
    const line = lines[at] ?? ''
    const [, name] = /^\s*\[{1,2}([\w.\- ]+)\]{1,2}\s*(?:#.*)?$/.exec(line) ?? []
    if (name !== undefined) return name.split('.').some((part) => openTables.includes(part.trim()))
    const [, key] = opening.exec(line) ?? []
    if (key !== undefined && isOpenOrSecret(key.split('.').at(-1) ?? '')) return true
  }
  return false
}

export interface Spot {
  readonly line: number
  readonly column: number
  /**
   * What may be shown: `nothing`; the `keys`; `numbers` as well, with true and false; the `value` at this place too. Left out
   * where it is unknown what belongs there: then numbers, and what is plainly a word or an address at this place,
   * unless the name of its key says more.
   */
  readonly shows?: 'nothing' | 'keys' | 'numbers' | 'value' | undefined
}

interface ShownLine {
  readonly text: string
  /** From 1. */
  readonly column: number
  readonly length: number
}

const hidden = ({ kind, text }: Piece): string =>
  kind === 'string' ? `${text.charAt(0)}…${text.charAt(0)}` : '…'

const mayShow = (text: string, isHere: boolean, shows: Spot['shows']): boolean => {
  if (shows === 'nothing' || shows === 'keys') return false
  const bare = bareOf(text)
  if (harmless.test(bare)) return true
  if (!isHere || shows === 'numbers') return false
  return shows === 'value' ? bare.length <= 40 : plain.test(bare) || address.test(bare)
}

/** What the pieces of a line show, one after the other: each value belongs to the key before it. */
const shownPieces = (line: string, { column, shows }: Omit<Spot, 'line'>) => {
  const pieces = piecesOf(line)
  const keys = keysOf(pieces, line)
  const end = pieces.findIndex(({ kind }) => kind === 'comment')
  let key = ''
  let allowed = shows
  return pieces.slice(0, end === -1 ? undefined : end).map((piece) => {
    const { kind, text, start } = piece
    const isKey = keys.has(piece)
    const isKeyPlain = isKey && allowed !== 'nothing' && mayShowKey(text)
    if (isKey) {
      key = bareOf(text).split('.').at(-1) ?? ''
      if (shows === undefined && isOpenOrSecret(key)) allowed = 'nothing'
    }
    const isHere = column > start && column <= start + text.length
    const isPlain =
      kind === 'blank' ||
      kind === 'sign' ||
      (isKey ? isKeyPlain : key !== '' && mayShow(text, isHere, allowed))
    return {
      text: isPlain ? text.replace(/\s/g, ' ') : hidden(piece),
      /** Where in it the place is. */
      at: isHere ? (isPlain ? column - 1 - start : 0) : undefined,
    }
  })
}

const shownLine = (line: string, spot: Omit<Spot, 'line'>): ShownLine | undefined => {
  if (line.length > longest) return undefined
  let text = ''
  let found: Omit<ShownLine, 'text'> | undefined
  for (const piece of shownPieces(line, spot)) {
    if (piece.at !== undefined) {
      const length = Math.max(1, piece.text.length - piece.at)
      found = { column: text.length + piece.at + 1, length }
    }
    text += piece.text
  }
  const trimmed = text.trimEnd()
  if (!/\w/.test(trimmed)) return undefined
  if (header.test(line))
    return { text: trimmed.trimStart(), column: 1, length: trimmed.trim().length }
  return { text: trimmed, ...(found ?? { column: trimmed.length + 1, length: 1 }) }
}

/** Wide or invisible: a mark below them would be in the wrong column. */
const unmeasured =
  /[\p{Cc}\p{Cf}\p{M}\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60\u{1f000}-\u{1faff}]/u

/**
 * The line of a problem with its column, or undefined where nothing of it can be shown. Comments are left out; so are
 * values, but for numbers, true and false, and the one that is wrong where neither its key nor its form is that of a secret.
 */
export const excerptOf = (lines: readonly string[], spot: Spot): Excerpt | undefined => {
  const source = lines[spot.line - 1]
  if (source === undefined) return undefined
  const shows = isWithinOpen(lines, spot.line) ? 'nothing' : spot.shows
  const shown = shownLine(source.replace(/\r$/, ''), { ...spot, shows })
  if (shown === undefined || unmeasured.test(shown.text)) return undefined
  return { line: spot.line, ...shown }
}

/** Another text for one of the lines, such as a corrected one, with what is wrong at `column`; without its indentation. */
export const shownInstead = (
  lines: readonly string[],
  number: number,
  { text, column }: { readonly text: string; readonly column: number },
): string | undefined =>
  shownLine(text, {
    column,
    shows: isWithinOpen(lines, number) ? 'nothing' : undefined,
  })?.text.trimStart()
