// Requests and their answers, redacted, each behind a click.
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts'
import { markup, type Markup } from './markup.ts'

/** A server decides how long its answers are, and a reader how much of them can be read. */
const longestBody = 4000

const cut = (text: string): string =>
  text.length <= longestBody
    ? text
    : `${text.slice(0, longestBody)}\n… ${String(text.length - longestBody)} more characters`

const bodyText = (body: Json | undefined): string => {
  if (body === undefined || body === null || body === '') return ''
  return `\n${cut(typeof body === 'string' ? body : JSON.stringify(body, null, 2))}`
}

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

const headerLines = (headers: Json | undefined): readonly string[] =>
  isJsonObject(headers)
    ? Object.entries(headers).map(([name, value]) => `${name}: ${textOf(value)}`)
    : []

const partOf = (value: Json | undefined): JsonObject => (isJsonObject(value) ? value : {})

/** The method of JSON-RPC says more than POST to the one address of a server. */
const purposeOf = ({ body }: JsonObject): string => {
  const method = isJsonObject(body) ? body['method'] : undefined
  return typeof method === 'string' ? ` (${method})` : ''
}

/** `exchange`: as savedExchange makes it. */
export const exchangeMarkup = (exchange: JsonObject): Markup => {
  const request = partOf(exchange['request'])
  const { response, error, ms } = exchange
  const answer = partOf(response)
  const status = typeof answer['status'] === 'number' ? String(answer['status']) : 'no answer'
  const time = typeof ms === 'number' ? `${String(Math.round(ms))} ms` : ''
  const asked = `${textOf(request['method'])} ${textOf(request['url'])}`
  const sent = [asked, ...headerLines(request['headers']), bodyText(request['body'])].join('\n')
  const note = textOf(answer['body_note'])
  const came = isJsonObject(response)
    ? [
        status,
        ...headerLines(answer['headers']),
        ...(note === '' ? [] : [`(body ${note})`]),
        bodyText(answer['body']),
      ].join('\n')
    : textOf(error)
  return markup`<details class="exchange"><summary><code>${asked}${purposeOf(request)}</code> <span class="status">${status}</span> <span class="time">${time}</span></summary>
<p class="title">Request</p><pre>${sent.trimEnd()}</pre>
<p class="title">Answer</p><pre>${came.trimEnd()}</pre></details>
`
}
