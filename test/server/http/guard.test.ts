import type { IncomingHttpHeaders } from 'node:http'
import { describe, expect, test } from 'vitest'
import { configSchema } from '../../../src/config/schema.ts'
import { createGuard } from '../../../src/server/http/guard.ts'

const guardOf = (listen: string, security: object = {}, publicUrl?: string) =>
  createGuard(
    configSchema.parse({
      proxy: { name: 'p', listen: { host: listen } },
      backends: [{ name: 'a', transport: 'stdio', command: 'x' }],
      security,
    }),
    publicUrl,
  )
const codeOf = (guard: ReturnType<typeof guardOf>, headers: IncomingHttpHeaders) =>
  guard.check(headers)?.code

describe('a loopback listener', () => {
  const guard = guardOf('127.0.0.1', { allowed_hosts: ['alias.test'] }, 'https://mcp.acme.test/mcp')

  test.each([
    'localhost',
    'LOCALHOST:8080',
    '127.0.0.1:1',
    '[::1]:8080',
    '[::1]',
    'mcp.acme.test',
    'alias.test:99',
  ])('takes the host %s', (host) => {
    expect(codeOf(guard, { host })).toBeUndefined()
  })

  test.each(['evil.test', 'localhost.evil.test', '127.0.0.1.evil.test', '10.0.0.1', '', undefined])(
    'refuses the host %s',
    (host) => {
      expect(codeOf(guard, host === undefined ? {} : { host })).toBe('req-host')
    },
  )

  test.each(['http://localhost:3000', 'http://127.0.0.1', 'https://mcp.acme.test'])(
    'takes the origin %s',
    (origin) => {
      expect(codeOf(guard, { host: 'localhost', origin })).toBeUndefined()
    },
  )

  test.each(['https://evil.test', 'null', 'http://localhost.evil.test', 'file://', ''])(
    'refuses the origin %s',
    (origin) => {
      expect(codeOf(guard, { host: 'localhost', origin })).toBe('req-origin')
    },
  )
})

describe('a listener for others', () => {
  test('takes any host unless some are listed, and no origin unless it is listed', () => {
    const open = guardOf('0.0.0.0')
    expect(codeOf(open, { host: 'anything.test' })).toBeUndefined()
    expect(codeOf(open, { host: 'x', origin: 'http://localhost:3000' })).toBe('req-origin')
    const listed = guardOf('0.0.0.0', {
      allowed_hosts: ['Mcp.Acme.test'],
      allowed_origins: ['https://App.acme.test'],
    })
    expect(codeOf(listed, { host: 'anything.test' })).toBe('req-host')
    expect(
      codeOf(listed, { host: 'mcp.acme.test:443', origin: 'https://app.acme.test' }),
    ).toBeUndefined()
  })

  test('any origin where the operator says so', () => {
    const guard = guardOf('0.0.0.0', { allowed_origins: ['*'] })
    expect(codeOf(guard, { host: 'x', origin: 'https://any.test' })).toBeUndefined()
  })
})

describe('origins with "*"', () => {
  const guard = guardOf('0.0.0.0', {
    allowed_origins: [
      'https://*.Example.com',
      'https://*.pr.example.org:8443',
      'http://dev.example.com:*',
    ],
  })

  test.each([
    'https://app.example.com',
    'https://APP.example.com',
    'https://a-1_b.example.com',
    'https://xn--bcher-kva.example.com',
    'https://17.pr.example.org:8443',
    'http://dev.example.com:3000',
    'http://dev.example.com',
  ])('takes %s', (origin) => {
    expect(codeOf(guard, { host: 'x', origin })).toBeUndefined()
  })

  test.each([
    ['more than one label', 'https://a.b.example.com'],
    ['no label at all', 'https://example.com'],
    ['an empty label', 'https://.example.com'],
    ['another scheme', 'http://app.example.com'],
    ['a port that is not named', 'https://app.example.com:8443'],
    ['no port where one is named', 'https://17.pr.example.org'],
    ['a longer domain', 'https://app.example.com.evil.test'],
    ['another domain with the same end', 'https://evilexample.com'],
    ['a user in front of the host', 'https://evil.test@app.example.com'],
    ['a path in place of a label', 'https://evil.test/x.example.com'],
    ['a fragment in place of a label', 'https://evil.test#.example.com'],
    ['a port in place of a label', 'https://evil.test:1.example.com'],
    ['a line break behind it', 'https://app.example.com\n'],
    ['a port that is no number', 'http://dev.example.com:x'],
    ['the origin of a page without one', 'null'],
  ])('refuses %s', (_, origin) => {
    expect(codeOf(guard, { host: 'x', origin })).toBe('req-origin')
  })

  test('a dot in a pattern is a dot', () => {
    const dots = guardOf('0.0.0.0', { allowed_origins: ['https://*.a.com'] })
    expect(codeOf(dots, { host: 'x', origin: 'https://x.aacom' })).toBe('req-origin')
  })

  test('"null" is taken where any origin is, and nowhere else', () => {
    const any = guardOf('0.0.0.0', { allowed_origins: ['*'] })
    expect(codeOf(any, { host: 'x', origin: 'null' })).toBeUndefined()
  })
})

test('the refusal shows what was sent without letting it break out', () => {
  const problem = guardOf('127.0.0.1').check({ host: 'evil"\u001b[31m' })
  expect(problem?.detail).toBe('Host "evil\\"\\u001b[31m" is not allowed here')
})
