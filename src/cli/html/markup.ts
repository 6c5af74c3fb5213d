// HTML that is written by a template: every value is text from elsewhere until it is markup, so it is escaped.
import { printableLines } from '../../base/escape.ts'

/** What was made by `markup` and needs no escaping any more. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type Piece = string | number | Markup | null | undefined | readonly Piece[]

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** For the text of an element and for a quoted attribute. Invisible and directional characters become escapes. */
export const escapeMarkup = (text: string): string =>
  printableLines(text).replace(/[&<>"']/g, (character) => entities[character] ?? '')

const written = (piece: Piece): string => {
  if (piece === null || piece === undefined) return ''
  if (piece instanceof Markup) return piece.text
  if (typeof piece === 'string') return escapeMarkup(piece)
  return typeof piece === 'number' ? String(piece) : piece.map(written).join('')
}

export const markup = (parts: TemplateStringsArray, ...pieces: readonly Piece[]): Markup =>
  new Markup(parts.reduce((text, part, index) => `${text}${written(pieces[index - 1])}${part}`))
