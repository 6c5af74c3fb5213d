// Exchanges as an HTTP Archive (HAR 1.2), which browsers and proxies open: made of what --save keeps, so redacted alike.
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts'

const plain = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

const listOf = (headers: Json | undefined): readonly { name: string; value: string }[] =>
  isJsonObject(headers)
    ? Object.entries(headers).map(([name, value]) => ({ name, value: plain(value) }))
    : []

const headerOf = (headers: Json | undefined, name: string): string => {
  const value = isJsonObject(headers) ? headers[name] : undefined
  return typeof value === 'string' ? value : ''
}

const textOf = (body: Json | undefined): string =>
  body === undefined || body === null ? '' : typeof body === 'string' ? body : JSON.stringify(body)

const queryOf = (url: string): readonly { name: string; value: string }[] =>
  URL.canParse(url) ? [...new URL(url).searchParams].map(([name, value]) => ({ name, value })) : []

const requestOf = ({ method, url, headers, body }: JsonObject): JsonObject => {
  const text = textOf(body)
  const address = plain(url)
  return {
    method: plain(method),
    url: address,
    httpVersion: 'HTTP/1.1',
    cookies: [],
    headers: [...listOf(headers)],
    queryString: [...queryOf(address)],
    ...(text === ''
      ? {}
      : { postData: { mimeType: headerOf(headers, 'content-type'), params: [], text } }),
    headersSize: -1,
    bodySize: -1,
  }
}

/** Where no answer came, the archive has the status 0, as browsers write it. */
const responseOf = (response: JsonObject, error: string | undefined): JsonObject => {
  const { status, headers, bytes, body, body_note: note } = response
  const size = typeof bytes === 'number' ? bytes : 0
  return {
    status: typeof status === 'number' ? status : 0,
    statusText: '',
    httpVersion: 'HTTP/1.1',
    cookies: [],
    headers: [...listOf(headers)],
    content: {
      size,
      mimeType: headerOf(headers, 'content-type'),
      text: textOf(body),
      ...(typeof note === 'string' ? { comment: note } : {}),
    },
    redirectURL: headerOf(headers, 'location'),
    headersSize: -1,
    bodySize: size,
    ...(error === undefined ? {} : { _error: error }),
  }
}

const entryOf = (saved: JsonObject): JsonObject => {
  const { started_at: started, ms, request, response, error } = saved
  const time = typeof ms === 'number' ? ms : 0
  return {
    startedDateTime: plain(started),
    time,
    request: requestOf(isJsonObject(request) ? request : {}),
    response: responseOf(
      isJsonObject(response) ? response : {},
      typeof error === 'string' ? error : undefined,
    ),
    cache: {},
    timings: { send: 0, wait: time, receive: 0 },
  }
}

export const harCreator = 'mcp-proxy'

/** `saved`: the exchanges as `savedExchange` makes them. */
export const harDocument = (saved: readonly JsonObject[], version: string): JsonObject => ({
  log: {
    version: '1.2',
    creator: { name: harCreator, version },
    entries: saved.map(entryOf),
  },
})
