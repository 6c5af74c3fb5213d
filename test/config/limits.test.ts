// The section [limits]: what is refused or pointed out when it is read, and where.
import { expect, test } from 'vitest'
import { minimal, problemsOf, read, shown } from './reading.ts'

const rule = (lines: string) => `[[limits.rules]]\nname = "a"\n${lines}\n`
const bearer = '[auth]\ntype = "bearer"\ntokens = ["${TOKEN}"]\n'

test('a rule has the defaults of the other limits, and no configuration has rules by itself', async () => {
  const { config, warnings } = await read(`${minimal}${rule('requests = 5')}`)
  expect(warnings).toEqual([])
  expect(config.limits.rules).toEqual([
    { name: 'a', by: [], requests: 5, period_seconds: 1, report_only: false },
  ])
  expect((await read(minimal)).config.limits).toEqual({ rules: [] })
})

const redis = (lines: string) => `${rule('requests = 1')}[limits.redis]\n${lines}\n`

test.each([
  ['neither requests nor calls at one time', rule(''), /either requests or max_concurrent/],
  ['both', rule('requests = 1\nmax_concurrent = 1'), /either requests or max_concurrent/],
  ['two rules of one name', rule('requests = 1').repeat(2), /rules\[1\]\.name: is the name of/],
  ['a part of a second', rule('requests = 1\nperiod_seconds = 0.5'), /period_seconds/],
  ['a name that a header cannot have', rule('requests = 1').replace('"a"', "'a\"'"), /\.name/],
  ['an unknown backend', rule('requests = 1\nbackends = ["x"]'), /no such backend.*"files"/],
  ['an unknown role', rule('requests = 1\nroles = ["x"]'), /there is no such role/],
  ['roles where there are none', rule('requests = 1\nby = ["role"]'), /callers have no roles/],
  ['no such part', rule('requests = 1\nby = ["callr"]'), /did you mean "caller"/],
  ['another scheme', redis('url = "http://127.0.0.1"'), /is not a URL like redis:/],
  ['a query', redis('url = "redis://127.0.0.1/?password=x"'), /no user name, password or query/],
])('%s: refused', async (_, text, why) => {
  expect(shown(await problemsOf(`${minimal}${text}`)).join('\n')).toMatch(why)
})

test('a password in the URL of Redis is refused, and is not repeated', async () => {
  const text = `${minimal}${redis('url = "redis://:canary-7f3a@127.0.0.1:6379"')}`
  const found = shown(await problemsOf(text)).join('\n')
  expect(found).toContain('limits.redis.url')
  expect(found).toContain('limits.redis.password')
  expect(found).not.toContain('canary')
})

test('a password that is written into the file is pointed out, and one on its way over plain redis', async () => {
  const text = `${minimal}${redis('url = "redis://192.0.2.1"\npassword = "canary-7f3a-long"')}`
  const { warnings } = await read(text)
  expect(warnings.map(({ code, message }) => `${code} ${message}`).toSorted()).toEqual([
    expect.stringMatching(/^config-advice limits\.redis\.url: plain redis .* read the password$/),
    expect.stringMatching(/^config-secret-literal limits\.redis\.password/),
  ])
  const good = text.replace('redis://', 'rediss://').replace('canary-7f3a-long', '${SECRET}')
  expect((await read(good, { SECRET: 'canary-7f3a-long' })).warnings).toEqual([])
})

test('a quota for each caller is pointed out where all callers are one', async () => {
  const text = `${minimal}${rule('requests = 1\nby = ["caller"]')}`
  const { warnings } = await read(text)
  expect(warnings.map(({ message }) => message)).toEqual([
    'limits.rules[0].by: without [auth] all callers are one, and share one quota',
  ])
  const env = { TOKEN: 'a-first-token-of-the-test' }
  expect((await read(`${text}${bearer}`, env)).warnings).toEqual([])
})
