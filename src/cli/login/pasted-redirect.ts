// What a person pastes where the browser could not reach the loopback port: the address that it ended at, or what is in it.

export type Pasted =
  { readonly parameters: URLSearchParams } | { readonly fault: 'empty' | 'form' | 'state' }

/** More is no address of a browser. */
const longest = 16_384

const isAnswer = (found: URLSearchParams): boolean => found.has('code') || found.has('error')

const fromAddress = (text: string): URLSearchParams | undefined => {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined
  const { searchParams, hash } = new URL(text)
  return isAnswer(searchParams) ? searchParams : new URLSearchParams(hash.slice(1))
}

const fromQuery = (text: string): URLSearchParams | undefined =>
  /^[?#&]?(?:[\w.-]+=[^\s&]*)(?:&[\w.-]+=[^\s&]*)*$/.test(text)
    ? new URLSearchParams(text.replace(/^[?#&]/, ''))
    : undefined

/** As pages show them that have nowhere to redirect to: the code, and the state behind "#" or a blank. */
const fromPair = (text: string): URLSearchParams | undefined => {
  const [code, state, ...more] = text.split(/[#\s]+/)
  return code === undefined || state === undefined || code === '' || state === '' || more.length > 0
    ? undefined
    : new URLSearchParams({ code, state })
}

/** Does not check whose answer it is: the state decides that. */
export const readPasted = (line: string): Pasted => {
  const text = line.trim().replace(/^["'<]+|["'>]+$/g, '')
  if (text === '') return { fault: 'empty' }
  if (text.length > longest) return { fault: 'form' }
  const found = fromAddress(text) ?? fromQuery(text) ?? fromPair(text)
  if (found !== undefined && isAnswer(found)) {
    return found.has('state') ? { parameters: found } : { fault: 'state' }
  }
  // A code alone: without the state it is not known for which login it is.
  return /^[\w.~+/=-]{8,}$/.test(text) ? { fault: 'state' } : { fault: 'form' }
}
