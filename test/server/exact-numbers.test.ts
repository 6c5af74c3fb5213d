// Numbers that JavaScript would round or spell otherwise go through the proxy as they came, whichever eras meet.
import { afterEach, describe, expect, test } from 'vitest'
import { sendTo } from '../support/proxy.ts'
import { startRealProxy, type RealProxy } from '../support/real-proxy.ts'
import { startScriptedServer, type ScriptedServer } from '../support/scripted-server.ts'

const closing: (RealProxy | ScriptedServer)[] = []
afterEach(async () => {
  for (const one of closing.splice(0).toReversed()) await one.close()
})

type Era = 'legacy' | 'modern'

const numbers = [
  '9007199254740993',
  '-1e400',
  '1.0',
  '18446744073709551615',
  '0.10',
  '1E5',
] as const
const list = `[${numbers.join()}]`
const schema = `{"type":"object","properties":{"id":{"type":"integer","maximum":9223372036854775807,"multipleOf":1.0}}}`

const opening: Readonly<Record<string, (era: Era) => string | undefined>> = {
  'server/discover': (era) =>
    era === 'modern'
      ? '{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{},"resources":{}},"resultType":"complete"}'
      : undefined,
  initialize: (era) =>
    era === 'legacy'
      ? '{"protocolVersion":"2025-11-25","capabilities":{"tools":{},"resources":{}},"serverInfo":{"name":"s","version":"1"}}'
      : undefined,
  'tools/list': () => `{"tools":[{"name":"t","inputSchema":${schema},"outputSchema":${schema}}]}`,
}

const withLink = `{"content":[{"type":"resource_link","uri":"file:///a","name":"a","size":9007199254740993}],"structuredContent":{"ids":${list}}}`

/** A server of that era whose tool answers with a text, and the bodies of the calls that reached it. */
const serve = async (era: Era, answer: (id: string) => string) => {
  const calls: string[] = []
  const server = await startScriptedServer({
    '/mcp': ({ method, body }) => {
      if (method !== 'POST') return { status: 405 }
      const id = /"id":("[^"]*"|\d+)/.exec(body)?.[1]
      if (id === undefined) return { status: 202 }
      const asked = /"method":"([^"]*)"/.exec(body)?.[1] ?? ''
      const headers = { 'content-type': 'application/json' }
      if (asked === 'tools/call') {
        calls.push(body)
        const text = answer(id)
        return text.startsWith('data:')
          ? { headers: { 'content-type': 'text/event-stream' }, body: text }
          : { headers, body: text }
      }
      const result = opening[asked]?.(era)
      return result === undefined
        ? { headers, body: `{"jsonrpc":"2.0","id":${id},"error":{"code":-32601,"message":"no"}}` }
        : { headers, body: `{"jsonrpc":"2.0","id":${id},"result":${result}}` }
    },
  })
  closing.push(server)
  const proxy = await startRealProxy([
    { name: 'b', transport: 'http', url: `${server.origin}/mcp`, session: 'shared' },
  ])
  closing.push(proxy)
  const { origin } = new URL(proxy.url)
  return {
    calls,
    ask: (client: Era, method: string, params: string) => ask(origin, client, method, params),
  }
}

const ask = async (origin: string, era: Era, method: string, params: string): Promise<string> => {
  const members = params === '' ? '' : `,${params}`
  if (era === 'modern') {
    const meta = `"_meta":{"progressToken":1.0,"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`
    const { text } = await sendTo(origin, {
      body: `{"jsonrpc":"2.0","id":7,"method":"${method}","params":{${meta}${members}}}`,
      headers: {
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': method,
        ...(method === 'tools/call' ? { 'mcp-name': 'b__t' } : {}),
      },
    })
    return text
  }
  const opened = await sendTo(origin, {
    body: '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}',
  })
  const { text } = await sendTo(origin, {
    body: `{"jsonrpc":"2.0","id":7,"method":"${method}","params":{"_meta":{"progressToken":1.0}${members}}}`,
    headers: {
      'mcp-session-id': opened.headers['mcp-session-id'],
      'mcp-protocol-version': '2025-11-25',
    },
  })
  return text
}

const pairs = (['legacy', 'modern'] as const).flatMap((client) =>
  (['legacy', 'modern'] as const).map((backend) => ({ client, backend })),
)

describe.each(pairs)('a $client client of a $backend backend', ({ client, backend }) => {
  test('sends arguments that arrive as they were written', async () => {
    const { calls, ask } = await serve(
      backend,
      (id) => `{"jsonrpc":"2.0","id":${id},"result":{"content":[]}}`,
    )
    const args = `{"ids":${list},"deep":{"a":[{"b":${numbers[0]}}]}}`
    await ask(client, 'tools/call', `"name":"b__t","arguments":${args}`)
    expect(calls).toHaveLength(1)
    expect(calls[0]).toContain(`"arguments":${args}`)
  })

  test('is answered with the numbers of a result that the proxy rewrites', async () => {
    const { ask } = await serve(
      backend,
      (id) => `{"jsonrpc":"2.0","id":${id},"result":${withLink}}`,
    )
    const text = await ask(client, 'tools/call', '"name":"b__t"')
    expect(text).toContain('b+file:///a')
    expect(text).toContain('"size":9007199254740993')
    expect(text).toContain(`"structuredContent":{"ids":${list}}`)
  })

  test('is shown the numbers of a schema', async () => {
    const { ask } = await serve(backend, () => '{}')
    const text = await ask(client, 'tools/list', '')
    expect(text).toContain(`"inputSchema":${schema}`)
    expect(text).toContain(`"outputSchema":${schema}`)
  })

  test('is answered with the numbers of an error', async () => {
    const { ask } = await serve(
      backend,
      (id) =>
        `{"jsonrpc":"2.0","id":${id},"error":{"code":-32000.0,"message":"x","data":{"ids":${list}}}}`,
    )
    const text = await ask(client, 'tools/call', '"name":"b__t"')
    expect(text).toContain(`"code":-32000,"message":"x","data":{"ids":${list}}`)
  })

  test('is told of progress in the numbers of the server', async () => {
    const { calls, ask } = await serve(backend, (id) => {
      const token = /"progressToken":([^,}]+)/.exec(calls.at(-1) ?? '')?.[1] ?? '0'
      return [
        `data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${token},"progress":0.10,"total":9007199254740993}}\n\n`,
        `data: {"jsonrpc":"2.0","id":${id},"result":{"content":[]}}\n\n`,
      ].join('')
    })
    const text = await ask(client, 'tools/call', '"name":"b__t"')
    expect(text).toContain('"progress":0.10,"total":9007199254740993')
    expect(text).toContain('"content":[]')
  })
})
