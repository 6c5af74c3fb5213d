// Reads the challenges of a WWW-Authenticate header (RFC 9110 section 11.6.1).

export interface Challenge {
  /** In lower case. */
  readonly scheme: string
  /** Names in lower case. Of a repeated name the first value counts. */
  readonly params: Readonly<Record<string, string>>
  /** The header is not well-formed from here on. */
  readonly broken: boolean
}

const scheme = /\s*([!#$%&'*+.^_`|~\w-]+)(?=\s|,|$)/y
const param =
  /\s*([!#$%&'*+.^_`|~\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",=][^\s",]*))\s*(?=,|$)/y
const token68 = /\s+[\w.~+/-]+=*\s*(?=,|$)/y
const comma = /[\s,]*/y

const at = (pattern: RegExp, text: string, index: number): RegExpExecArray | null => {
  pattern.lastIndex = index
  return pattern.exec(text)
}

/**
 * Every challenge up to the first place that is not well-formed. Reads at most 8 KiB and does not check
 * that a scheme or a parameter is known.
 */
export const readChallenges = (header: string): readonly Challenge[] => {
  const text = header.slice(0, 8192)
  const challenges: { scheme: string; params: Record<string, string>; broken: boolean }[] = []
  let index = at(comma, text, 0)?.[0].length ?? 0
  while (index < text.length) {
    const current = challenges.at(-1)
    const found = current === undefined ? null : at(param, text, index)
    if (current !== undefined && found !== null) {
      const [all, name = '', quoted, plain] = found
      const key = name.toLowerCase()
      if (!Object.hasOwn(current.params, key)) {
        current.params[key] = quoted?.replace(/\\(.)/g, '$1') ?? plain ?? ''
      }
      index += all.length
    } else {
      const named = at(scheme, text, index)
      if (named === null) {
        if (current !== undefined) current.broken = true
        break
      }
      challenges.push({ scheme: (named[1] ?? '').toLowerCase(), params: {}, broken: false })
      index += named[0].length
      // A scheme is followed by parameters, or by one word that is a credential of its own.
      if (at(param, text, index) === null) index += at(token68, text, index)?.[0].length ?? 0
      else continue
    }
    index += at(comma, text, index)?.[0].length ?? 0
  }
  return challenges
}
