import { describe, expect, test } from 'vitest'
import { forwardProxies } from '../../src/net/forward-proxy.ts'

const chosen = (env: Record<string, string>, url: string): string | undefined =>
  forwardProxies(env)(new URL(url))?.shown

const proxy = 'http://proxy.example:3128'

describe('which proxy', () => {
  test.each([
    [{ HTTPS_PROXY: proxy }, 'https://id.example/', proxy],
    [{ https_proxy: proxy }, 'https://id.example/', proxy],
    [{ HTTP_PROXY: proxy }, 'http://id.example/', proxy],
    [{ HTTPS_PROXY: proxy }, 'http://id.example/', undefined],
    [{ HTTP_PROXY: proxy }, 'https://id.example/', undefined],
    [{ https_proxy: proxy, HTTPS_PROXY: 'http://other.example' }, 'https://id.example/', proxy],
    [{ https_proxy: '', HTTPS_PROXY: proxy }, 'https://id.example/', proxy],
    [{ HTTPS_PROXY: '  ' }, 'https://id.example/', undefined],
    [{ HTTPS_PROXY: 'proxy.example:3128' }, 'https://id.example/', proxy],
    [{ HTTPS_PROXY: 'http://user:pw@proxy.example:3128' }, 'https://id.example/', proxy],
    [{}, 'https://id.example/', undefined],
  ])('%j: %s goes through %s', (env, url, expected) => {
    expect(chosen(env, url)).toBe(expected)
  })

  test.each([
    'http://127.0.0.1:8080/',
    'http://localhost:8080/',
    'https://app.localhost/',
    'https://[::1]/',
    'https://127.9.9.9/',
    'https://[::ffff:127.0.0.1]/',
  ])('loopback never goes through it: %s', (url) => {
    expect(chosen({ HTTPS_PROXY: proxy, HTTP_PROXY: proxy }, url)).toBeUndefined()
  })
})

describe('NO_PROXY', () => {
  test.each([
    ['id.example', 'https://id.example/', true],
    ['example', 'https://id.example/', true],
    ['.id.example', 'https://a.id.example/', true],
    ['*.id.example', 'https://a.id.example/', true],
    ['d.example', 'https://id.example/', false],
    ['ID.Example', 'https://id.example/', true],
    ['a.example, id.example', 'https://id.example/', true],
    ['a.example id.example', 'https://id.example/', true],
    ['id.example:8443', 'https://id.example/', false],
    ['id.example:443', 'https://id.example/', true],
    ['id.example:8443', 'https://id.example:8443/', true],
    ['*', 'https://id.example/', true],
    ['10.0.0.0/8', 'https://10.1.2.3/', true],
    ['10.0.0.0/8', 'https://11.1.2.3/', false],
    ['10.1.2.3', 'https://10.1.2.3/', true],
    ['fd00::/8', 'https://[fd12::1]/', true],
    ['[fd12::1]:443', 'https://[fd12::1]/', true],
    ['10.0.0.0/99', 'https://10.1.2.3/', false],
    ['', 'https://id.example/', false],
  ])('%s exempts %s: %s', (list, url, exempt) => {
    const env = { HTTPS_PROXY: proxy, NO_PROXY: list }
    expect(chosen(env, url) === undefined).toBe(exempt)
    expect(chosen({ HTTPS_PROXY: proxy, no_proxy: list }, url) === undefined).toBe(exempt)
  })
})

test.each(['http://', 'socks5://user:canary@proxy.example', 'http://[canary', 'ftp://canary'])(
  'a value that is no proxy is told without being repeated: %s',
  (value) => {
    const read = () => forwardProxies({ HTTPS_PROXY: value })
    expect(read).toThrow(/HTTPS_PROXY/)
    expect(read).not.toThrow(/canary/)
  },
)
