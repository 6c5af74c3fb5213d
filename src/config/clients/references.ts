// How other clients write variables into values, as pieces: text that stays, and variables to set.

/** A part of a value: literal text, or the value of an environment variable. */
export type Piece =
  | { readonly text: string }
  | {
      readonly variable: string
      /** How the client's file names it, where that is not its name here: `${input:api-key}`. */
      readonly was?: string
    }

export interface ReferenceScope {
  /** What `${workspaceFolder}` stands for. */
  readonly folder: string
  readonly home: string
  /** For `${NAME:-default}`: whether the variable is set here and now. */
  readonly isSet: (name: string) => boolean
  /** The server's own environment: `${NAME}` in an argument may mean that. */
  readonly own: ReadonlyMap<string, readonly Piece[]>
  /** The name here of a variable that is no environment variable there. */
  readonly nameFor: (id: string) => string
}

const variableName = /^[A-Za-z_]\w*$/

const baseName = (folder: string): string => folder.split(/[\\/]/).findLast(Boolean) ?? folder

const predefined = (name: string, { folder, home }: ReferenceScope): string | undefined => {
  const [word = ''] = name.split(':')
  if (word === 'workspaceFolder') return folder
  if (word === 'workspaceFolderBasename') return baseName(folder)
  if (name === 'userHome') return home
  if (name === 'cwd') return folder
  return name === 'pathSeparator' || name === '/' ? (folder.includes('\\') ? '\\' : '/') : undefined
}

const withDefault = (inner: string, { isSet }: ReferenceScope): readonly Piece[] | undefined => {
  const [, name = '', otherwise = ''] = /^([A-Za-z_]\w*):-(.*)$/s.exec(inner) ?? []
  if (name === '') return undefined
  return isSet(name) ? [{ variable: name }] : [{ text: otherwise }]
}

const translated = (inner: string, whole: string, scope: ReferenceScope): readonly Piece[] => {
  const known = predefined(inner, scope)
  if (known !== undefined) return [{ text: known }]
  if (variableName.test(inner)) return scope.own.get(inner) ?? [{ variable: inner }]
  const [, kind = '', rest = ''] = /^(env|input|config|command):(.+)$/s.exec(inner) ?? []
  if (kind === 'env' && variableName.test(rest)) return [{ variable: rest }]
  if (kind === 'env') return withDefault(rest, scope) ?? [{ text: whole }]
  if (kind !== '') return [{ variable: scope.nameFor(rest), was: whole }]
  return withDefault(inner, scope) ?? [{ text: whole }]
}

/** Claude Code: `${NAME}`, `${NAME:-default}`; Cursor and VS Code: `${env:NAME}`, `${input:id}`, `${workspaceFolder}`. */
export const piecesOf = (text: string, scope: ReferenceScope): readonly Piece[] => {
  const pieces: Piece[] = []
  const add = (piece: Piece): void => {
    const last = pieces.at(-1)
    if (last === undefined || 'variable' in last || 'variable' in piece) pieces.push(piece)
    else pieces[pieces.length - 1] = { text: last.text + piece.text }
  }
  let end = 0
  for (const match of text.matchAll(/\$\{([^{}]*)\}/g)) {
    if (match.index > end) add({ text: text.slice(end, match.index) })
    for (const piece of translated(match[1] ?? '', match[0], scope)) add(piece)
    end = match.index + match[0].length
  }
  if (end < text.length) add({ text: text.slice(end) })
  return pieces
}

/** Names that a text refers to as environment variables. */
export const referredNames = (text: string): readonly string[] =>
  [...text.matchAll(/\$\{(?:env:)?([A-Za-z_]\w*)(?::-[^{}]*)?\}/g)].map(([, name = '']) => name)

const escaped = (text: string): string => text.replaceAll('${', () => '$${')

/**
 * As our configuration writes it: a `${` that is meant as text is escaped. Undefined for the one thing that cannot
 * be written, a `$` right before a variable.
 */
export const configText = (pieces: readonly Piece[]): string | undefined => {
  let written = ''
  let text = ''
  for (const piece of pieces) {
    if ('text' in piece) {
      text += piece.text
      continue
    }
    if (text.endsWith('$')) return undefined
    written += `${escaped(text)}\${${piece.variable}}`
    text = ''
  }
  return written + escaped(text)
}
