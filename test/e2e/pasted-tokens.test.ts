// What the command line mends and says, the proxy refuses: it never repairs.
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { scriptedBackend } from '../support/scripted-backend.ts'
import { pasted } from '../support/pasted-tokens.ts'
import { startTestProxy, type TestProxy } from '../support/proxy.ts'
import { goodClaims, testAudience, testIssuer } from '../support/tokens.ts'
import { fixedKey, fixedToken, judgedText } from '../cli/validate/judged.ts'
import { mintRaw } from '../support/tokens.ts'

const token = mintRaw(fixedKey, { payload: goodClaims({}, Math.floor(Date.now() / 1000)) })
let proxy: TestProxy

beforeAll(async () => {
  proxy = await startTestProxy([scriptedBackend('files')], {
    config: {
      auth: {
        type: 'jwt',
        issuer: testIssuer,
        audience: testAudience,
        jwks_uri: 'https://id.acme.test/jwks',
      },
    },
    localKeys: { keys: [fixedKey.publicJwk] },
  })
})

afterAll(() => proxy.close())

/** The status line of what is answered; a client library would not send all of these. */
const status = (credential: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(proxy.origin)
    const body = '{"jsonrpc":"2.0","id":1,"method":"ping"}'
    const socket = connect(Number(port), hostname, () => {
      socket.end(
        [
          'POST /mcp HTTP/1.1',
          `Host: ${hostname}:${port}`,
          'Accept: application/json, text/event-stream',
          'Content-Type: application/json',
          `Content-Length: ${String(body.length)}`,
          `Authorization: Bearer ${credential}`,
          'Connection: close',
          '',
          body,
        ].join('\r\n'),
      )
    })
    let text = ''
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
    socket.on('error', reject)
    socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1])))
  })

test('the bare token is let in', async () => {
  expect([401, 403]).not.toContain(await status(token))
})

// RFC 9110 section 5.5: white space around a field value is not part of it.
const sent = pasted(token).filter(({ oneLine, name }) => oneLine && name !== 'a space before it')

test.each(sent)('$name: refused on the wire', async ({ text }) => {
  expect([400, 401]).toContain(await status(text))
})

test.each(pasted(fixedToken()))('$name: mended by hand, named, and judged', async (accident) => {
  const report = await judgedText(accident.text)
  expect(report.verdict).toBe('accepted')
  const warned = report.checks.filter(({ status }) => status === 'warn').map(({ id }) => id)
  for (const id of accident.ids) expect(warned).toContain(id)
})
