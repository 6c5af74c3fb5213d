// The files of [proxy.tls]: what is wrong with them is said with the file and the cause.
import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hintOf } from '../../../src/problems/problem.ts'
import { UsageError } from '../../../src/problems/usage-error.ts'
import { tlsMaterialOf } from '../../../src/server/tls/tls-files.ts'
import { createAuthority, type Certified, type TestAuthority } from '../../support/certificates.ts'
import { configOf } from '../../support/proxy.ts'

const run = promisify(execFile)

let folder: string
let root: TestAuthority
let middle: TestAuthority
let server: Certified
let other: Certified
let expired: Certified
let early: Certified
let weak: Certified

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tls-files-'))
  root = await createAuthority()
  middle = await root.intermediate('middle')
  server = await middle.issue('mcp.acme.test', 'server')
  other = await root.issue('other.test', 'server')
  expired = await root.issue('old.test', 'server', { to: '20260101000000Z' })
  early = await root.issue('new.test', 'server', { from: '20480101000000Z' })
  weak = await root.issue('weak.test', 'server', { rsaBits: 512 })
})
afterAll(async () => {
  await Promise.all([root.close(), middle.close()])
  await rm(folder, { recursive: true, force: true })
})

interface Files {
  readonly cert?: string | Buffer
  readonly key?: string
  readonly client_ca?: string
}

const at = (name: string): string => join(folder, name)

/** Undefined content: no such file. */
const read = async (files: Files, proxy: object = {}, security: object = {}) => {
  const tls: Record<string, string> = {}
  for (const name of ['cert', 'key', 'client_ca'] as const) {
    const content = files[name]
    if (content !== undefined) await writeFile(at(name), content)
    if (content !== undefined || name !== 'client_ca') {
      tls[name] = at(content === undefined ? `no-${name}` : name)
    }
  }
  const client_auth = files.client_ca === undefined ? 'none' : 'require'
  const config = configOf(['a'], { proxy: { ...proxy, tls: { ...tls, client_auth } }, security })
  return tlsMaterialOf(config, Date.now() + 1000)
}

const shown = (text: string): string => text.replaceAll(`${folder}/`, '')

const refusalOf = async (files: Files): Promise<string> => {
  const error: unknown = await read(files).catch((thrown: unknown) => thrown)
  if (!(error instanceof UsageError)) throw new Error('it was not refused')
  const [problem, ...more] = error.problems
  expect(more).toEqual([])
  return shown(`${problem?.message} | ${hintOf(problem as never)}`)
}

const warningsOf = async (...read_: Parameters<typeof read>): Promise<readonly string[]> =>
  ((await read(...read_))?.warnings ?? []).map(({ detail }) => shown(detail))

test('a certificate with its chain and its key is used, and nothing is said of it', async () => {
  const cert = `${server.certificate}${middle.certificate}`
  const material = await read({ cert, key: server.key, client_ca: root.certificate })
  expect(material?.warnings).toEqual([])
  expect(material?.context).toMatchObject({ cert, key: server.key, minVersion: 'TLSv1.2' })
})

test('certificate and key in one file are used', async () => {
  const both = `${other.certificate}${other.key}`
  expect((await read({ cert: both, key: both }))?.warnings).toEqual([])
})

test('without [proxy.tls] no file is read', () => {
  expect(tlsMaterialOf(configOf(['a']), 0)).toBeUndefined()
})

test.each<[string, () => Files | Promise<Files>, string]>([
  [
    'a certificate that is not there',
    () => ({ key: server.key }),
    'proxy.tls.cert: no-cert cannot be read: no such file | correct the path: it starts from the folder in which the proxy is started',
  ],
  [
    'a key that is not there',
    () => ({ cert: other.certificate }),
    'proxy.tls.key: no-key cannot be read: no such file | correct the path: it starts from the folder in which the proxy is started',
  ],
  [
    'text that is not PEM',
    () => ({ cert: 'hello', key: server.key }),
    'proxy.tls.cert: cert contains no certificate in PEM | use a file with -----BEGIN CERTIFICATE-----; openssl x509 -inform der converts DER to PEM',
  ],
  [
    'a certificate in DER',
    () => {
      const body = other.certificate.replaceAll(/-----[^-]+-----|\s/g, '')
      return { cert: Buffer.from(body, 'base64'), key: other.key }
    },
    'proxy.tls.cert: cert contains no certificate in PEM | use a file with -----BEGIN CERTIFICATE-----; openssl x509 -inform der converts DER to PEM',
  ],
  [
    'a second certificate that was cut short',
    () => ({
      cert: `${other.certificate}-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n`,
      key: other.key,
    }),
    'proxy.tls.cert: certificate 2 in cert cannot be read | write the file again: it may have been cut short',
  ],
  [
    'the key of another certificate',
    () => ({ cert: other.certificate, key: server.key }),
    'proxy.tls.key (key) is not the key of proxy.tls.cert (cert) | give the certificate and the key that were made for each other',
  ],
  [
    'a chain that begins with the authority',
    () => ({ cert: `${middle.certificate}${server.certificate}`, key: server.key }),
    'proxy.tls.cert: the certificate of the key is number 2 in cert, and must be the first | put the certificate of the server first, then its issuer, then the issuer of that',
  ],
  [
    'an encrypted key',
    async () => {
      await writeFile(at('plain.key'), other.key)
      const args = 'pkcs8 -topk8 -in plain.key -passout pass:x'
      const { stdout } = await run('openssl', args.split(' '), { cwd: folder })
      return { cert: other.certificate, key: stdout }
    },
    'proxy.tls.key (key) is encrypted with a passphrase | decrypt it first, for example with openssl pkey, and guard the file by its mode',
  ],
  [
    'a certificate in place of the key',
    () => ({ cert: other.certificate, key: other.certificate }),
    'proxy.tls.key: key contains no private key in PEM | use a file with -----BEGIN PRIVATE KEY-----; openssl pkey -inform der converts DER to PEM',
  ],
  [
    'an RSA key of 512 bits',
    () => ({ cert: weak.certificate, key: weak.key }),
    'proxy.tls.cert: TLS cannot use cert: ee key too small | make a new key and certificate: RSA with 2048 bits or more, or P-256, signed with SHA-256',
  ],
  [
    'authorities of clients that are no certificates',
    () => ({ cert: other.certificate, key: other.key, client_ca: other.key }),
    'proxy.tls.client_ca: client_ca contains no certificate in PEM | use a file with -----BEGIN CERTIFICATE-----; openssl x509 -inform der converts DER to PEM',
  ],
])('%s', async (_, files, expected) => {
  expect(await refusalOf(await files())).toBe(expected)
})

/** Root reads what it likes: as another user, then. */
const asAnother = (work: () => void): void => {
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(65_534)
  try {
    work()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}

test('a key that may not be read', async () => {
  await read({ cert: other.certificate, key: other.key })
  await chmod(folder, 0o755)
  await chmod(at('key'), 0)
  const config = configOf(['a'], { proxy: { tls: { cert: at('cert'), key: at('key') } } })
  try {
    asAnother(() => {
      expect(() => tlsMaterialOf(config, 0)).toThrow(
        `proxy.tls.key: ${at('key')} cannot be read: permission denied`,
      )
    })
  } finally {
    await chmod(at('key'), 0o600)
  }
})

test('no message repeats the content of a key', async () => {
  const [, line = 'no line'] = other.key.split('\n')
  expect(await refusalOf({ cert: other.key, key: other.key })).not.toContain(line)
  expect(await refusalOf({ cert: server.certificate, key: other.key })).not.toContain(line)
})

test.each<[string, () => Parameters<typeof read>, string[]]>([
  [
    'an expired certificate',
    () => [{ cert: expired.certificate, key: expired.key }],
    ['proxy.tls.cert: a certificate in cert expired on 2026-01-01T00:00:00Z'],
  ],
  [
    'a certificate of the future',
    () => [{ cert: early.certificate, key: early.key }],
    ['proxy.tls.cert: a certificate in cert is not valid before 2048-01-01T00:00:00Z'],
  ],
  [
    'a chain with a gap',
    () => [{ cert: `${server.certificate}${root.certificate}`, key: server.key }],
    [
      'proxy.tls.cert: certificate 1 in cert was not issued by certificate 2, so clients may not find its authority',
    ],
  ],
  [
    'a certificate for another host than that of the public URL',
    () => [
      { cert: other.certificate, key: other.key },
      { public_url: 'https://mcp.acme.test/mcp' },
    ],
    [
      'proxy.tls.cert: the certificate in cert is not for mcp.acme.test, the host of proxy.public_url',
    ],
  ],
  [
    'a certificate for the address of the public URL',
    () => [{ cert: other.certificate, key: other.key }, { public_url: 'https://127.0.0.1/mcp' }],
    [],
  ],
  [
    'another host behind a terminator that has the public name',
    () => [
      { cert: other.certificate, key: other.key },
      { public_url: 'https://mcp.acme.test/mcp' },
      { trusted_proxies: ['10.0.0.1'] },
    ],
    [],
  ],
])('%s works, and what is odd about it is said', async (_, files, expected) => {
  expect(await warningsOf(...files())).toEqual(expected)
})
