// What a call brought, as pieces: text to print, and data that is named, measured and written where it is wanted.
import { jsonText, printable } from '../../base/escape.ts'
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts'

export type Piece =
  | { readonly kind: 'text'; readonly text: string; readonly about?: string }
  | {
      readonly kind: 'data'
      readonly what: 'image' | 'audio' | 'resource'
      readonly mimeType: string | undefined
      readonly uri?: string
      readonly bytes: Uint8Array
    }
  | { readonly kind: 'note'; readonly text: string }

const textOf = (value: Json | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined

const base64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/

const dataOf = (value: Json | undefined): Uint8Array | undefined =>
  typeof value === 'string' && base64.test(value) ? Buffer.from(value, 'base64') : undefined

const unreadable = (what: string): Piece => ({
  kind: 'note',
  text: `${what} whose data is not base64`,
})

const contentsOf = (resource: Json | undefined): Piece => {
  if (!isJsonObject(resource)) return { kind: 'note', text: 'a resource that is no object' }
  const uri = textOf(resource['uri'])
  const mimeType = textOf(resource['mimeType'])
  const text = textOf(resource['text'])
  if (text !== undefined) {
    return { kind: 'text', text, ...(uri === undefined ? {} : { about: uri }) }
  }
  const bytes = dataOf(resource['blob'])
  return bytes === undefined
    ? unreadable('a resource')
    : { kind: 'data', what: 'resource', mimeType, bytes, ...(uri === undefined ? {} : { uri }) }
}

const linkText = ({ uri, name, description }: JsonObject): string =>
  ['link', uri, name === uri ? undefined : name, description]
    .filter((part) => typeof part === 'string')
    .join('  ')

/** One element of `content`. */
const pieceOf = (item: Json): Piece => {
  if (!isJsonObject(item)) return { kind: 'note', text: 'content that is no object' }
  const { type } = item
  if (type === 'text') return { kind: 'text', text: textOf(item['text']) ?? '' }
  if (type === 'resource') return contentsOf(item['resource'])
  if (type === 'resource_link') return { kind: 'note', text: linkText(item) }
  if (type !== 'image' && type !== 'audio') {
    return { kind: 'note', text: `content of the unknown type ${JSON.stringify(type ?? null)}` }
  }
  const bytes = dataOf(item['data'])
  return bytes === undefined
    ? unreadable(type === 'image' ? 'an image' : 'audio')
    : { kind: 'data', what: type, mimeType: textOf(item['mimeType']), bytes }
}

const listOf = (value: Json | undefined): readonly Json[] =>
  Array.isArray(value) ? (value as readonly Json[]) : []

/** Structured content speaks where there is no other: servers repeat it as text for older clients. */
const toolPieces = ({ content, structuredContent }: JsonObject): readonly Piece[] => {
  const pieces = listOf(content).map(pieceOf)
  return pieces.length > 0 || structuredContent === undefined
    ? pieces
    : [{ kind: 'text', text: jsonText(structuredContent, 2) }]
}

const promptPieces = ({ messages }: JsonObject): readonly Piece[] =>
  listOf(messages).map((message) => {
    if (!isJsonObject(message)) return { kind: 'note', text: 'a message that is no object' }
    const piece = pieceOf(message['content'] ?? null)
    const role = textOf(message['role'])
    return piece.kind === 'text' && role !== undefined ? { ...piece, about: role } : piece
  })

export type Subject = 'tool' | 'resource' | 'prompt'

export const piecesOf = (subject: Subject, result: JsonObject): readonly Piece[] => {
  if (subject === 'tool') return toolPieces(result)
  return subject === 'prompt' ? promptPieces(result) : listOf(result['contents']).map(contentsOf)
}

/** Line ends and tabs are meant; every other character that steers a terminal becomes visible. */
export const inertText = (text: string): string =>
  text
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map((line) => line.split('\t').map(printable).join('\t'))
    .join('\n')

const count = (bytes: number): string =>
  `${bytes.toLocaleString('en-US')} byte${bytes === 1 ? '' : 's'}`

const dataText = (piece: Extract<Piece, { kind: 'data' }>): string => {
  const { what, mimeType, uri, bytes } = piece
  const name = [what, mimeType, uri].filter((part) => part !== undefined).join(' ')
  return printable(`[${name}, ${count(bytes.length)}]`)
}

/** `saved`: the files in which pieces are, by their places. */
export const piecesText = (pieces: readonly Piece[], saved: ReadonlyMap<number, string>): string =>
  pieces
    .map((piece, at) => {
      const file = saved.get(at)
      if (piece.kind === 'note') return printable(`[${piece.text}]`)
      if (piece.kind === 'data') {
        const text = dataText(piece)
        return file === undefined ? text : `${text} -> ${printable(file)}`
      }
      const about = piece.about === undefined ? '' : `${printable(`[${piece.about}]`)}\n`
      return file === undefined
        ? `${about}${inertText(piece.text)}`
        : printable(`[text, ${count(Buffer.byteLength(piece.text))}] -> ${file}`)
    })
    .join('\n')
