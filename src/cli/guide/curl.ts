// A curl command as browsers and documentation write it, read as far as it says where a request went and with which token.
import { shellWords } from '../terminal/shell-words.ts'
import { bareAddress, tokenFrom, type GivenRequest } from './request.ts'

/** Flags of curl whose value is none of our business, and is not the address either. */
const valued = new Set(
  '-A -b -c -e -E -F -m -o -T -u -w -x --cacert --cert --connect-timeout --cookie --cookie-jar --form --key --max-time --output --proxy --referer --resolve --retry --upload-file --user --user-agent --write-out'.split(
    ' ',
  ),
)
const dataFlags = new Set(
  '-d --data --data-raw --data-binary --data-ascii --data-urlencode --json'.split(' '),
)

/** Line ends behind a backslash (or a caret, as Windows has it) go on; `$'...'` is a quote of bash, with escapes. */
const oneLine = (text: string): string =>
  text
    .replace(/[\\^]\r?\n/g, ' ')
    .replace(
      /\$'((?:[^'\\]|\\.)*)'/gs,
      (_, inside: string) => `"${inside.replaceAll("\\'", "'").replace(/(?<!\\)"/g, '\\"')}"`,
    )

interface Parts {
  readonly headers: string[]
  readonly data: string[]
  readonly bare: string[]
  readonly bearer: string[]
}

const partsOf = (words: readonly string[]): Parts => {
  const parts: Parts = { headers: [], data: [], bare: [], bearer: [] }
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    const [, flag = word, joined] = /^(--[a-z-]+)=(.*)$/s.exec(word) ?? []
    const value = (): string => {
      if (joined !== undefined) return joined
      at += 1
      return words[at] ?? ''
    }
    if (flag === '-H' || flag === '--header') parts.headers.push(value())
    else if (flag === '--oauth2-bearer') parts.bearer.push(value())
    else if (flag === '--url') parts.bare.push(value())
    else if (dataFlags.has(flag)) parts.data.push(value())
    else if (flag === '-X' || flag === '--request' || valued.has(flag)) value()
    else if (/^-H./.test(word)) parts.headers.push(word.slice(2))
    else if (/^-d./.test(word)) parts.data.push(word.slice(2))
    else if (!word.startsWith('-')) parts.bare.push(word)
  }
  return parts
}

const headerIn = (headers: readonly string[], name: string): string | undefined => {
  const line = headers.find((header) => header.toLowerCase().startsWith(`${name}:`))
  return line?.slice(name.length + 1)
}

/** Undefined for what is no curl command with an http address. */
export const readCurl = (text: string): GivenRequest | undefined => {
  const line = oneLine(text.trim().replace(/^[$>%#]\s+/, ''))
  if (!/^curl(?:\.exe)?\s/i.test(line)) return undefined
  const [, ...words] = shellWords(line, 'linux') ?? []
  const { headers, data, bare, bearer } = partsOf(words)
  const address = bare
    .map((word) => bareAddress(/^[a-z][a-z0-9+.-]*:\/\//i.test(word) ? word : `http://${word}`))
    .find((one) => one !== undefined)
  if (address === undefined) return undefined
  return {
    address,
    token: bearer[0] ?? tokenFrom(headerIn(headers, 'authorization')),
    asksForToken: data.some((value) => /(?:^|&)grant_type=/.test(value)),
  }
}
