// A private key of the proxy whose file has another content: it signs with the new one after a reload.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { writeFile } from 'node:fs/promises'
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { jwtVerify } from 'jose'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { makeTempFolder, type TempFolder } from '../../support/command-line.ts'
import { modernMeta, modernVersion } from '../../support/proxy.ts'
import { startReloadingProxy } from '../../support/reloading-proxy.ts'
import { scriptedBackend } from '../../support/scripted-backend.ts'

const issuer = 'https://id.acme.test'
const audience = 'https://mcp.acme.test/mcp'

/** Answers every introspection, and keeps what the proxy proved itself with. */
const assertions: string[] = []
let server: Server
let folder: TempFolder
beforeAll(async () => {
  folder = await makeTempFolder()
  server = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const form = new URLSearchParams(Buffer.concat(chunks).toString())
      assertions.push(form.get('client_assertion') ?? '')
      res.setHeader('content-type', 'application/json')
      const exp = Math.floor(Date.now() / 1000) + 600
      res.end(JSON.stringify({ active: true, iss: issuer, aud: audience, sub: 's', exp }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  server.close()
  await folder.remove()
})
beforeEach(() => {
  assertions.length = 0
})

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const pemOf = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' })

const isSignedBy = (assertion: string | undefined, key: KeyObject): Promise<boolean> =>
  jwtVerify(assertion ?? '', createPublicKey(key)).then(
    () => true,
    () => false,
  )

test('a key file that was overwritten is read again, though no key of the configuration changed', async () => {
  const file = `${folder.path}/client-key.pem`
  const [first, second] = [newKey(), newKey()]
  await writeFile(file, pemOf(first), { mode: 0o600 })
  const { port } = server.address() as AddressInfo
  const proxy = await startReloadingProxy(
    `[proxy]
name = "p"
public_url = "${audience}"
[proxy.listen]
port = 0
[auth]
type = "oauth"
issuer = "${issuer}"
audience = "${audience}"
token_validation = "introspection"
introspection_endpoint = "http://127.0.0.1:${port}/introspect"
client_id = "proxy"
client_auth = "private_key_jwt"
client_key = "${file}"
[observability]
json_logs = true
[[backends]]
name = "a"
transport = "http"
url = "http://127.0.0.1:1/mcp"
`,
    [scriptedBackend('a', { 'tools/list': { tools: [] } })],
  )
  try {
    const call = async (token: string) =>
      (
        await proxy.send({
          body: { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: modernMeta() } },
          headers: { 'mcp-protocol-version': modernVersion, 'mcp-method': 'tools/list' },
          token,
        })
      ).status
    expect(await call('first-opaque-token')).toBe(200)
    expect(await isSignedBy(assertions.at(-1), first)).toBe(true)
    expect(await proxy.reloader.reload('signal')).toMatchObject({ outcome: 'unchanged' })
    await writeFile(file, pemOf(second), { mode: 0o600 })
    expect(await proxy.reloader.reload('signal')).toMatchObject({
      outcome: 'applied',
      changes: [{ key: 'auth.client_key', before: undefined, after: undefined }],
    })
    expect(await call('second-opaque-token')).toBe(200)
    expect(await isSignedBy(assertions.at(-1), second)).toBe(true)
    await writeFile(file, 'no key at all', { mode: 0o600 })
    expect(await proxy.reloader.reload('signal')).toMatchObject({ outcome: 'refused' })
    expect(await call('third-opaque-token')).toBe(200)
    expect(await isSignedBy(assertions.at(-1), second)).toBe(true)
    expect(proxy.logged()).not.toContain('PRIVATE KEY')
  } finally {
    await proxy.running.close({ force: true })
  }
})
