// Writes what a call brought to files: one as it is named, several as numbered files beside it or in a folder.
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import type { Piece } from './content.ts'

export interface SavedPiece {
  readonly file: string
  readonly mime_type: string | null
  readonly bytes: number
}

const extensions: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'image/svg+xml': 'svg',
  'audio/wav': 'wav',
  'audio/mpeg': 'mp3',
  'audio/ogg': 'ogg',
  'application/json': 'json',
  'application/pdf': 'pdf',
  'text/plain': 'txt',
  'text/html': 'html',
  'text/markdown': 'md',
  'text/csv': 'csv',
}

const extensionOf = (piece: Piece): string =>
  piece.kind === 'data' ? (extensions[piece.mimeType ?? ''] ?? 'bin') : 'txt'

const isFolder = (output: string): boolean =>
  /[\\/]$/.test(output) || statSync(output, { throwIfNoEntry: false })?.isDirectory() === true

/** Names are ours: what a server calls its data never becomes a path. */
const fileFor = (output: string, piece: Piece, number: number, isOne: boolean): string => {
  if (isFolder(output)) return path.join(output, `${String(number)}.${extensionOf(piece)}`)
  if (isOne) return output
  const { dir, name, ext } = path.parse(output)
  return path.join(dir, number === 1 ? `${name}${ext}` : `${name}-${String(number)}${ext}`)
}

const write = (file: string, bytes: Uint8Array | string): void => {
  try {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, bytes)
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'unknown'
    throw usageError(problemOf('usage-flag', 'result-unwritable', { file, why }))
  }
}

/** Data where there is any, else the text. By their places among the pieces. */
export const savePieces = (
  output: string,
  pieces: readonly Piece[],
): ReadonlyMap<number, SavedPiece> => {
  const isData = pieces.some(({ kind }) => kind === 'data')
  const wanted = pieces.flatMap((piece, at) =>
    piece.kind === (isData ? 'data' : 'text') ? [{ piece, at }] : [],
  )
  const saved = new Map<number, SavedPiece>()
  wanted.forEach(({ piece, at }, index) => {
    const file = fileFor(output, piece, index + 1, wanted.length === 1)
    const bytes = piece.kind === 'data' ? piece.bytes : piece.text
    write(file, bytes)
    saved.set(at, {
      file,
      mime_type: piece.kind === 'data' ? (piece.mimeType ?? null) : null,
      bytes: typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length,
    })
  })
  return saved
}
