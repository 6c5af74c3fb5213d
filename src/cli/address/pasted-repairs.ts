// What copying does to an address, undone one thing at a time. Each repair is certain: one reading is possible.
import { invisible, withoutQuotes } from '../../base/pasted.ts'
import { isJsonObject } from '../../base/json.ts'

interface Repaired {
  readonly text: string
  /** What was done, as a part of a sentence. */
  readonly said: string
}

type Repair = (text: string) => Repaired | undefined

const changed = (before: string, after: string, said: string): Repaired | undefined =>
  after === before || after === '' ? undefined : { text: after, said }

const dropInvisible: Repair = (text) =>
  changed(text, text.replace(invisible, ''), 'invisible characters removed')

/** As input methods write them. */
const wideCharacters: Readonly<Record<string, string>> = {
  '：': ':',
  '／': '/',
  '．': '.',
  '。': '.',
}

const narrowCharacters: Repair = (text) =>
  changed(
    text,
    text.replace(/[：／．。]/g, (character) => wideCharacters[character] ?? character),
    'full-width characters replaced',
  )

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Members that have the address of a server in files of clients and in metadata. */
const urlMember =
  /^(?:url|uri|href|serverUrl|server_url|httpUrl|endpoint|baseUrl|base_url|issuer|resource)$/

const urlsIn = (value: unknown, depth = 0): readonly string[] => {
  if (!isJsonObject(value) || depth > 4) return []
  return Object.entries(value).flatMap(([name, member]) =>
    typeof member === 'string' && urlMember.test(name) ? [member] : urlsIn(member, depth + 1),
  )
}

/** An entry of a client's file, or the one line of it that has the address. */
const takeFromJson: Repair = (text) => {
  if (!/^(?:\{|"[\w-]{1,40}"\s*:)/.test(text)) return undefined
  const whole = text.startsWith('{') ? text : `{${text.replace(/,$/, '')}}`
  const [url, ...others] = new Set(urlsIn(parsed(whole) ?? parsed(whole.replace(/,$/, ''))))
  return url === undefined || others.length > 0
    ? undefined
    : changed(text, url.trim(), 'taken from JSON')
}

/** `URL: https://...`, a line of YAML, TOML or a shell, a member of a challenge. */
const label =
  /^(?:[-*>$]\s+|export\s+)?["']?[a-z][\w .-]{0,40}?["']?\s*[:=]\s*(?=["'`<([\u2018-\u201f]*(?:https?|wss?):)/i

const dropLabel: Repair = (text) =>
  changed(text, text.replace(label, ''), 'the label before it removed')

const requestLine =
  /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)\s+(https?:\/\/\S+)(?:\s+HTTP\/[\d.]+)?$/

const takeFromRequestLine: Repair = (text) => {
  const address = requestLine.exec(text)?.[1]
  return address === undefined ? undefined : { text: address, said: 'taken from a request line' }
}

const originOf = (text: string): string | undefined =>
  URL.canParse(text) ? new URL(text).origin : undefined

const markdownLink =
  /^!?\[([^\]]{0,2048})\]\(\s*<?([^\s()<>]{1,2048})>?(?:\s+"[^"]{0,200}")?\s*\)([.,;:!?]?)$/

/** Where the text is itself an address of another place, it is not certain which one is meant. */
const takeFromMarkdown: Repair = (text) => {
  const [, shown = '', target] = markdownLink.exec(text) ?? []
  if (target === undefined || target === '') return undefined
  const other = originOf(shown.trim())
  if (other !== undefined && other !== originOf(target)) return undefined
  return { text: target, said: 'taken from a Markdown link' }
}

const htmlLink = /^<a\s[^>]{0,500}?href=["']?([^"'\s>]{1,2048})["']?[^>]{0,500}>/i

const takeFromHtml: Repair = (text) => {
  const target = htmlLink.exec(text)?.[1]
  return target === undefined ? undefined : { text: target, said: 'taken from an HTML link' }
}

/** `<https://...>` of mail and Markdown; `<https://...|words>` of chat programs. */
const dropAngles: Repair = (text) =>
  changed(
    text,
    text.replace(/^<?([^<>|\s]{1,2048})(?:\|[^<>]{0,200})?>$|^<([^<>|\s]{1,2048})$/, '$1$2'),
    'angle brackets removed',
  )

/** An apostrophe may be a part of an address: at the end alone it is foreign only where the address has no other. */
const stripQuotes: Repair = (text) => {
  const inner = withoutQuotes(text).trim()
  const isInside = text.startsWith(inner) && withoutQuotes(inner) === inner && /["'`]/.test(inner)
  return isInside ? undefined : changed(text, inner, 'quotes removed')
}

const pairs: readonly (readonly [string, string])[] = [
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
]

const count = (text: string, character: string): number => text.split(character).length - 1

/** A bracket that the address opened itself belongs to it. */
const isForeignEnd = (text: string): boolean => {
  const last = text.at(-1) ?? ''
  if (/[,;:!?.\u3002\uff0c]/.test(last)) return true
  return pairs.some(([open, close]) => last === close && count(text, close) > count(text, open))
}

const dropEnd: Repair = (text) => {
  let end = text
  while (end.length > 1 && isForeignEnd(end)) end = end.slice(0, -1)
  return changed(text, end, `"${text.slice(end.length)}" at the end removed`)
}

/** `(https://...)`, `[https://...]`: the host of an address with IPv6 begins with a bracket and goes on behind it. */
const dropBrackets: Repair = (text) => {
  const start =
    /^[([{]\s*([a-z][a-z0-9+.-]*:\/\/(?:\[[0-9a-f:.]{2,45}\])?[^()[\]{}]{1,2048})(.?)$/is.exec(text)
  const found = /^[)\]}]?$/.test(start?.[2] ?? '') ? start?.[1] : undefined
  return found === undefined ? undefined : { text: found.trim(), said: 'brackets removed' }
}

const unescapeSlashes: Repair = (text) =>
  changed(
    text,
    text.replaceAll('\\/', '/').replace(/^(https?|wss?):\\{1,4}/i, '$1://'),
    'backslashes replaced',
  )

const unescapeHtml: Repair = (text) =>
  changed(text, text.replaceAll('&amp;', '&'), '&amp; replaced by &')

const decodeUrl: Repair = (text) => {
  if (!/^(?:https?|wss?)%3a%2f%2f[^\s/]+$/i.test(text)) return undefined
  try {
    return { text: decodeURIComponent(text), said: 'percent-encoding removed' }
  } catch {
    return undefined
  }
}

/** `http:/host`, `http:host.name`, `https//host`, `https:://host`, `https; //host`. */
const repairColon: Repair = (text) =>
  changed(
    text,
    text.replace(
      /^(https?|wss?)(?:\s?[:;]{1,2}\s?\/{1,4}|\/\/|:(?=localhost\b|[\w-]+\.))\s?(?=[^\s/])/i,
      '$1://',
    ),
    'the scheme completed',
  )

/** `https://https://host`: what was pasted behind a scheme is the address. */
const dropScheme: Repair = (text) =>
  changed(
    text,
    text.replace(/^(?:https?|wss?):\/\/(?=(?:https?|wss?)(?::\/{1,2}|\/\/)[^\s/])/i, ''),
    'the second scheme removed',
  )

const repairs: readonly Repair[] = [
  dropInvisible,
  narrowCharacters,
  takeFromJson,
  takeFromHtml,
  takeFromMarkdown,
  dropLabel,
  takeFromRequestLine,
  dropAngles,
  stripQuotes,
  dropBrackets,
  dropEnd,
  unescapeSlashes,
  unescapeHtml,
  decodeUrl,
  dropScheme,
  repairColon,
]

export interface RepairedAddress {
  readonly text: string
  /** What was done, in the order in which it was done; each thing once. */
  readonly said: readonly string[]
}

const rounds = 6
const longest = 65_536

/** `given` without what copying put around it. Blanks at its ends go without a word. */
export const repairAddress = (given: string): RepairedAddress => {
  let text = given.trim()
  const said = new Set<string>()
  if (text.length > longest) return { text, said: [] }
  for (let round = 0; round < rounds; round += 1) {
    const before = text
    for (const repair of repairs) {
      const repaired = repair(text)
      if (repaired === undefined) continue
      text = repaired.text.trim()
      said.add(repaired.said)
    }
    if (text === before) break
  }
  return { text, said: [...said] }
}
