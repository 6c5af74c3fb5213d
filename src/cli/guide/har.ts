// A HAR file (http://www.softwareishard.com/blog/har-12-spec/) of a browser or of discover --har: the exchange in it that
// went wrong.
import { isJsonObject, parseJson, type Json, type JsonObject } from '../../base/json.ts'
import { bareAddress, tokenFrom, type GivenRequest } from './request.ts'

export interface HarExchange extends GivenRequest {
  readonly status: number
  /** The status line, headers that say why, and the body: what explain reads. */
  readonly answer: string
}

export interface HarFound {
  /** How many exchanges the file has. */
  readonly n: number
  /** The one that says most; undefined where none failed and none is one of MCP. */
  readonly told: HarExchange | undefined
}

const largest = 67_108_864

const list = (value: Json | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? value.filter((item) => isJsonObject(item)) : []

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

const table = (value: Json | undefined): JsonObject => (isJsonObject(value) ? value : {})

const header = (message: JsonObject, name: string): string | undefined =>
  list(message['headers'])
    .filter((one) => text(one['name']).toLowerCase() === name)
    .map((one) => text(one['value']))[0]

const exchangeOf = (entry: JsonObject): HarExchange | undefined => {
  const request = table(entry['request'])
  const response = table(entry['response'])
  const address = bareAddress(text(request['url']))
  if (address === undefined) return undefined
  const status = typeof response['status'] === 'number' ? response['status'] : 0
  const challenge = header(response, 'www-authenticate')
  const body = text(table(response['content'])['text'])
  return {
    address,
    token: tokenFrom(header(request, 'authorization')),
    asksForToken: text(table(request['postData'])['text']).includes('grant_type='),
    status,
    answer: [
      `HTTP ${String(status)}`,
      ...(challenge === undefined ? [] : [`WWW-Authenticate: ${challenge}`]),
      body,
    ].join('\n'),
  }
}

const isOfMcp = ({ address }: HarExchange): boolean => /\/(?:mcp|sse)\/?$/.test(address)

/** The cause of a failed login is what the token endpoint answered; before it there is the server that asked for one. */
const rank = (one: HarExchange): number => {
  const failed = one.status >= 400
  if (failed && one.asksForToken) return 0
  if (failed && /^WWW-Authenticate:/m.test(one.answer)) return 1
  if (failed && isOfMcp(one)) return 2
  if (isOfMcp(one)) return 3
  return failed && /"error"\s*:/.test(one.answer) ? 4 : 5
}

/** Undefined for what is no HAR. */
export const readHar = (bytes: Uint8Array): HarFound | undefined => {
  const read = parseJson(bytes, { maxBytes: largest })
  const log = read.ok && isJsonObject(read.value) ? read.value['log'] : undefined
  if (!isJsonObject(log) || !Array.isArray(log['entries'])) return undefined
  const exchanges = list(log['entries']).flatMap((entry) => exchangeOf(entry) ?? [])
  const [first] = exchanges.toSorted((a, b) => rank(a) - rank(b))
  return {
    n: exchanges.length,
    told: first === undefined || rank(first) === 5 ? undefined : first,
  }
}
