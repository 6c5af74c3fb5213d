// What `discover` says of real servers: four authorization servers of three makes, MCP servers of each era, and our own proxy.
import { stringify } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../support/authorization-server.ts'
import {
  makeTempFolder,
  startProxy,
  type RunningProxy,
  type TempFolder,
} from '../support/command-line.ts'
import { startHttpServer, stdioServer, type ServerEra } from '../support/mcp-servers.ts'
import { startBetterAuth } from '../support/real-servers/better-auth.ts'
import { glewlwydIsInstalled, startGlewlwyd } from '../support/real-servers/glewlwyd.ts'
import { createRecorder } from '../support/reports.ts'

/** As for the tokens of these servers: what decides about a change has to have all of them. */
const mayMissGlewlwyd = !glewlwydIsInstalled() && (process.env['CI'] ?? '') === ''

interface Seen {
  readonly letter: string | null
  readonly exitCode: number
  readonly form: string | undefined
  readonly findings: readonly string[]
  readonly broken: readonly string[]
}

interface Report {
  readonly outcome: { readonly kind: string }
  readonly grade: { readonly letter: string | null }
  readonly findings: readonly string[]
  readonly authorization_server: { readonly form: string | null } | null
  readonly readiness: readonly {
    readonly id: string
    readonly for: string
    readonly level: string
    readonly status: string
  }[]
  readonly attempts: readonly { readonly url: string; readonly status: number | null }[]
  readonly next: string
}

const recorder = createRecorder()

const discover = async (address: string, ...flags: readonly string[]) => {
  const { exitCode, report } = await recorder.report('discover', ['discover', ...flags, address])
  return { exitCode, report: report as unknown as Report }
}

const seen = async (address: string, ...flags: readonly string[]): Promise<Seen> => {
  const { exitCode, report } = await discover(address, ...flags)
  return {
    letter: report.grade.letter,
    exitCode,
    form: report.authorization_server?.form ?? undefined,
    findings: report.findings,
    broken: report.readiness.flatMap(({ id, level, status }) =>
      status === 'fail' ? [`${level} ${id}`] : [],
    ),
  }
}

describe('authorization servers', () => {
  test('oidc-provider, an issuer without a path', async () => {
    const server = await startAuthorizationServer()
    try {
      expect(await seen(server.issuer)).toEqual({
        letter: 'A',
        exitCode: 0,
        form: 'oauth',
        findings: ['asm-registration', 'jwks-cache', 'asm-cimd', 'asm-refresh'],
        broken: ['SHOULD as-cimd', 'MAY as-registration', 'MAY as-refresh'],
      })
    } finally {
      await server.close()
    }
  })

  test('oidc-provider below a path: only the appended forms answer', async () => {
    const server = await startAuthorizationServer({ path: '/realms/dev' })
    try {
      expect(await seen(server.issuer)).toEqual({
        letter: 'A',
        exitCode: 0,
        form: 'oidc-appended',
        findings: ['asm-form', 'asm-registration', 'jwks-cache', 'asm-cimd', 'asm-refresh'],
        broken: [
          'MUST as-metadata-oauth',
          'SHOULD as-cimd',
          'MAY as-registration',
          'MAY as-refresh',
        ],
      })
      const { report } = await discover(server.issuer)
      expect(report.attempts.map(({ url, status }) => [new URL(url).pathname, status])).toEqual([
        ['/.well-known/oauth-authorization-server/realms/dev', 404],
        ['/.well-known/openid-configuration/realms/dev', 404],
        ['/realms/dev/.well-known/openid-configuration', 200],
        ['/realms/dev/.well-known/oauth-authorization-server', 200],
        ['/realms/dev/jwks', 200],
      ])
    } finally {
      await server.close()
    }
  })

  test('Better Auth', async () => {
    const server = await startBetterAuth()
    try {
      expect(await seen(server.issuer)).toEqual({
        letter: 'A',
        exitCode: 0,
        form: 'oauth-inserted',
        findings: ['asm-registration', 'jwks-cache', 'asm-cimd', 'jwks-rotation'],
        broken: ['SHOULD as-cimd', 'MAY as-registration'],
      })
    } finally {
      await server.close()
    }
  })

  test.skipIf(mayMissGlewlwyd)('Glewlwyd', async () => {
    const server = await startGlewlwyd()
    try {
      expect(await seen(server.issuer)).toEqual({
        letter: 'A',
        exitCode: 0,
        form: 'oidc-appended',
        findings: [
          'asm-form',
          'asm-members',
          'asm-registration',
          'asm-iss-param',
          'asm-legacy-grants',
          'jwks-cache',
          'asm-cimd',
          'asm-refresh',
        ],
        broken: [
          'MUST as-metadata-oauth',
          'SHOULD as-cimd',
          'MAY as-registration',
          'SHOULD as-iss',
          'MAY as-refresh',
        ],
      })
    } finally {
      await server.close()
    }
  })
})

describe('MCP servers that let everybody in', () => {
  test.each<readonly [ServerEra, readonly string[]]>([
    ['legacy', ['surface']],
    ['dual', ['era', 'errors', 'surface']],
    ['modern', ['era', 'errors', 'surface']],
  ])('the %s server: open, so nothing to grade', async (era, kept) => {
    const server = await startHttpServer(era)
    try {
      expect(await seen(server.url)).toMatchObject({
        letter: null,
        exitCode: 0,
        findings: ['mcp-origin'],
        broken: ['MUST origin'],
      })
      const { report } = await discover(server.url)
      expect(report.outcome.kind).toBe('open')
      const rows = report.readiness.filter(({ id }) => ['era', 'errors', 'surface'].includes(id))
      expect(rows.flatMap(({ id, status }) => (status === 'pass' ? [id] : []))).toEqual(kept)
    } finally {
      await server.close()
    }
  })
})

describe('our own proxy', () => {
  let issuer: AuthorizationServer
  let folder: TempFolder
  let proxy: RunningProxy

  beforeAll(async () => {
    issuer = await startAuthorizationServer()
    folder = await makeTempFolder()
    const file = await folder.write(
      'proxy.toml',
      stringify({
        proxy: { name: 'desk', listen: { port: 0 } },
        auth: {
          type: 'oauth',
          issuer: issuer.issuer,
          client_id: issuer.clientId,
          client_secret: issuer.clientSecret,
          required_scopes: ['mcp:read'],
        },
        backends: [{ name: 'one', transport: 'stdio', ...stdioServer('legacy') }],
      }),
    )
    proxy = await startProxy(file)
  })

  afterAll(async () => {
    await proxy?.stop()
    await issuer?.close()
    await folder?.remove()
  })

  test('an A: every rule for an MCP server that can be seen is kept', async () => {
    const { exitCode, report } = await discover(proxy.url)
    expect([exitCode, report.grade.letter]).toEqual([0, 'A'])
    const others = report.readiness.flatMap((row) =>
      row.for === 'MCP server' && row.status !== 'pass' ? [`${row.id} ${row.status}`] : [],
    )
    expect(others).toEqual(['era needs-token', 'errors needs-token', 'surface needs-token'])
    expect(report.findings.filter((id) => /^(?:prm|mcp)-/.test(id))).toEqual([])
    expect(report.next).toBe(`mcp-proxy login ${proxy.url}`)
  })

  test('--expect-issuer: the right one passes, one with a slash does not', async () => {
    const right = await discover(proxy.url, '--expect-issuer', issuer.issuer)
    expect(right.exitCode).toBe(0)
    const { exitCode, report } = await discover(proxy.url, '--expect-issuer', `${issuer.issuer}/`)
    expect([exitCode, report.grade.letter, report.findings[0]]).toEqual([1, 'F', 'asm-issuer'])
    const { stdout } = await recorder.run([
      'discover',
      proxy.url,
      '--expect-issuer',
      `${issuer.issuer}/`,
    ])
    expect(stdout).toMatch(/^Grade F {2}asm-issuer {2}.*differs in a trailing slash/)
  })

  test('--strict insists on what SHOULD be', async () => {
    expect((await discover(proxy.url, '--strict')).exitCode).toBe(1)
  })
})
