// Whether what was given are several tokens, one on each line, or one that was wrapped.

export interface TokenLine {
  readonly text: string
  /** Counted from 1; undefined where the text is one token. */
  readonly place: number | undefined
}

/** A whole JWT with what pasting puts around it, of which the dashes at its end are its own. A wrapped one has fewer dots on each of its lines. */
const wholeJwt =
  /^\W*(?:authorization:\s*)?(?:bearer\s+|dpop\s+)?\W?eyJ[\w-]+(?:\.[\w-]*){2,4}(?![\w-])\W*$/i

/**
 * The lines that hold something, comments (`#`) left out; undefined for one token. `everyLine`: the
 * caller knows that each line is a token; without it two lines have to be whole JWTs for the rest to
 * be believed tokens too.
 */
export const tokenLinesOf = (
  text: string,
  everyLine: boolean,
): readonly TokenLine[] | undefined => {
  const lines = text
    .split(/\r\n|\n|\r/)
    .map((line, index) => ({ text: line, place: index + 1 }))
    .filter((line) => !/^\s*(?:#.*)?$/.test(line.text))
  if (everyLine) return lines.length === 0 ? undefined : lines
  return lines.filter((line) => wholeJwt.test(line.text)).length >= 2 ? lines : undefined
}
