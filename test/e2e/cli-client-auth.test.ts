import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { registered, startClientRegistry, type ClientRegistry } from '../support/client-registry.ts'
import {
  makeTempFolder,
  runCommandLine,
  startProxy,
  type TempFolder,
} from '../support/command-line.ts'
import { testAudience } from '../support/tokens.ts'

let registry: ClientRegistry
let folder: TempFolder
let env: Record<string, string>

beforeAll(async () => {
  ;[registry, folder] = await Promise.all([startClientRegistry(), makeTempFolder()])
  const write = (name: string, text: string) => writeFile(path.join(folder.path, name), text)
  const { certificate } = registry
  await Promise.all([
    write('authorities.pem', registry.authority.certificate),
    write('key.jwk', JSON.stringify(registry.keys.ec)),
    write('client.pem', certificate.certificate),
    write('client.key', certificate.key),
    write('several.toml', several()),
    write('lost.toml', several().replace('key.jwk', 'lost.jwk')),
  ])
  env = { NODE_EXTRA_CA_CERTS: path.join(folder.path, 'authorities.pem') }
})
afterAll(async () => {
  await registry.close()
  await folder.remove()
})

const several = (): string => `
[proxy]
name = "desk"
public_url = "${testAudience}"
listen = { port = 0 }

[[backends]]
name = "echo"
transport = "stdio"
command = "cat"

[auth]
type = "oauth"
token_validation = "both"

[[auth.issuers]]
issuer = "https://nobody.invalid"
token_validation = "jwt"

[[auth.issuers]]
issuer = "${registry.issuer}"
client_id = "${registered.byKey}"
client_auth = "private_key_jwt"
client_key = "${path.join(folder.path, 'key.jwk')}"
`

const run = (args: readonly string[], stdin: string) =>
  runCommandLine(args, { stdin, env, cwd: folder.path })
const reportOf = (stdout: string) =>
  JSON.parse(stdout) as {
    readonly verdict: string
    readonly client_auth?: string
    readonly checks: readonly { readonly id: string; readonly status: string }[]
  }

describe('introspect', () => {
  const asking = () => [
    'introspect',
    '-',
    '--json',
    '--issuer',
    registry.issuer,
    '--audience',
    testAudience,
  ]

  test('with a key', async () => {
    const args = [...asking(), '--client-id', registered.byKey, '--client-key-file', 'key.jwk']
    const { stdout, exitCode } = await run(args, await registry.opaqueToken())
    expect(reportOf(stdout)).toMatchObject({ verdict: 'accepted', client_auth: 'private_key_jwt' })
    expect(exitCode).toBe(0)
  })

  test('with a certificate', async () => {
    const shown = ['--client-cert-file', 'client.pem', '--client-cert-key-file', 'client.key']
    const args = [...asking(), '--client-id', registered.byCertificate, ...shown]
    const { stdout, exitCode } = await run(args, await registry.opaqueToken())
    expect(reportOf(stdout)).toMatchObject({ verdict: 'accepted', client_auth: 'tls_client_auth' })
    expect(exitCode).toBe(0)
  })

  test('a key that is not there: the place is named, nobody is asked', async () => {
    const args = [...asking(), '--client-id', registered.byKey, '--client-key-file', 'lost.jwk']
    const { stdout, exitCode } = await run(args, await registry.opaqueToken())
    expect(exitCode).toBe(2)
    expect(stdout).toContain('names the file lost.jwk, which cannot be read: no such file')
  })
})

describe('several issuers', () => {
  test.each(['validate', 'introspect'])('%s asks the one that introspects', async (command) => {
    const args = [command, '-', '--json', '--config', 'several.toml']
    const { stdout, exitCode } = await run(args, await registry.opaqueToken())
    expect(reportOf(stdout)).toMatchObject({ verdict: 'accepted' })
    expect(exitCode).toBe(0)
    const unknown = await run(args, 'never-issued')
    expect(unknown.exitCode).toBe(1)
  })

  test('serve publishes all of them', async () => {
    const proxy = await startProxy(path.join(folder.path, 'several.toml'), { env })
    try {
      const { origin } = new URL(proxy.url)
      const answer = await fetch(`${origin}/.well-known/oauth-protected-resource/mcp`)
      expect(await answer.json()).toMatchObject({
        authorization_servers: ['https://nobody.invalid', registry.issuer],
      })
    } finally {
      expect(await proxy.stop()).toBe(0)
    }
  })

  test('serve --check reads the keys', async () => {
    const { stdout, stderr, exitCode } = await run(
      ['serve', '--check', '--config', 'lost.toml'],
      '',
    )
    expect(exitCode).toBe(2)
    expect(stdout + stderr).toContain('auth.issuers[1].client_key names the file')
    const good = await run(['serve', '--check', '--config', 'several.toml'], '')
    expect(good.exitCode).toBe(0)
  })
})
