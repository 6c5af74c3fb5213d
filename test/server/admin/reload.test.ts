// Another configuration through the admin API: judged, compared, served or refused as a whole.
import { afterEach, describe, expect, test } from 'vitest'
import {
  startReloadingProxy,
  type ReloadingOptions,
  type ReloadingProxy,
} from '../../support/reloading-proxy.ts'
import { result, scriptedBackend } from '../../support/scripted-backend.ts'
import { modernMeta, modernVersion, type SendOptions } from '../../support/proxy.ts'

const open: ReloadingProxy[] = []
afterEach(async () => {
  for (const proxy of open.splice(0)) await proxy.running.close({ force: true })
})

const owner = 'canary-owner-00000001'
const caller = 'canary-caller-0000001'

interface Written {
  readonly name?: string
  readonly backends?: readonly string[]
  readonly more?: string
  readonly auth?: string
  readonly security?: string
}

const http = (name: string) => `[[backends]]
name = "${name}"
transport = "http"
url = "http://127.0.0.1:1/mcp?key=canary-in-the-url"
`

const auth = `[auth]
type = "bearer"
tokens = ["${caller}"]
`

const tokens = `[[security.admin_tokens]]
name = "owner"
token = "\${OWNER}"
rights = ["read", "operate", "configure"]
`

const written = ({
  name = 'one',
  backends = ['a'],
  more = '',
  auth: section = auth,
  security = '',
}: Written = {}) => `[proxy]
name = "${name}"
[proxy.listen]
port = 0
${more}
[observability]
json_logs = true
${section}
[security]
${security}
${tokens}
${backends.map(http).join('')}`

const backend = (name: string) =>
  scriptedBackend(name, {
    'tools/list': { tools: [{ name: 'work', inputSchema: { type: 'object' } }] },
    'tools/call': () => result({ content: [{ type: 'text', text: name }] }),
  })

const started = async (text = written(), options: ReloadingOptions = {}) => {
  const env = { OWNER: owner, ...options.env }
  const proxy = await startReloadingProxy(text, [backend('a'), backend('b')], { ...options, env })
  open.push(proxy)
  return proxy
}

const toml = { 'content-type': 'application/toml' }

const sendText = (proxy: ReloadingProxy, path: string, text: string, more: SendOptions = {}) =>
  proxy.send({ path, body: text, headers: toml, token: owner, ...more })

const validate = async (proxy: ReloadingProxy, text: string) =>
  (await sendText(proxy, '/admin/config/validate', text)).json()

const put = (proxy: ReloadingProxy, text: string, query = '') =>
  sendText(proxy, `/admin/config${query}`, text, { method: 'PUT' })

const toolsOf = async (proxy: ReloadingProxy, token = caller) => {
  const answer = await proxy.send({
    body: { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: modernMeta() } },
    headers: { 'mcp-protocol-version': modernVersion, 'mcp-method': 'tools/list' },
    token,
  })
  if (answer.status !== 200) return answer.status
  return (answer.json().result.tools as { name: string }[]).map(({ name }) => name)
}

describe('POST /admin/config/validate', () => {
  test('says what another configuration would change, and changes nothing', async () => {
    const proxy = await started()
    const { generation } = proxy.running
    const report = await validate(proxy, written({ name: 'two', backends: ['a', 'b'] }))
    expect(report).toEqual({
      outcome: 'applied',
      changes: [
        { key: 'proxy.name', before: '"one"', after: '"two"', change: 'changed' },
        { key: 'backends[b]', before: null, after: null, change: 'added' },
      ],
      problems: [],
      warnings: expect.any(Array),
    })
    expect(proxy.running.generation).toBe(generation)
    expect(await toolsOf(proxy)).toEqual(['a__work'])
  })

  test('has every finding with its line and an excerpt, and no secret', async () => {
    const proxy = await started()
    const wrong = written({ more: 'colour = "red"', security: 'max_body_bytes = "canary"' })
    const answer = await sendText(proxy, '/admin/config/validate', wrong)
    expect(answer.status).toBe(200)
    expect(answer.json()).toMatchObject({
      outcome: 'refused',
      changes: [],
      problems: [
        {
          code: 'config-unknown-key',
          line: 5,
          excerpt: { text: expect.stringContaining('colour') },
        },
        { code: 'config-value', hint: expect.stringMatching(/./) },
      ],
    })
    expect(answer.text).not.toContain('canary')
  })

  test('names what would be weaker', async () => {
    const proxy = await started()
    const report = await validate(proxy, written({ auth: '' }))
    expect(report).toMatchObject({
      outcome: 'refused',
      changes: [{ key: 'auth.type' }, { key: 'auth.tokens' }],
      problems: [{ code: 'config-weaker' }],
    })
  })

  test('shows nothing of the environment of the process, whatever refers to it', async () => {
    const secret = 'canary-of-the-environment'
    const proxy = await started(written(), { env: { SECRET: secret } })
    const prying = written({ name: '${SECRET}', security: 'allowed_hosts = ["x${SECRET}"]' })
    const answer = await sendText(proxy, '/admin/config/validate', prying)
    expect(answer.json().changes).toMatchObject([
      { key: 'proxy.name', before: null, after: null, change: 'changed' },
      { key: 'security.allowed_hosts', before: null, after: null },
    ])
    expect(answer.text).not.toContain('canary')
  })

  test('takes YAML and JSON as well, and no other type', async () => {
    const proxy = await started()
    const json = JSON.stringify({ proxy: { name: 'j' }, backends: [] })
    for (const [type, text] of [
      ['application/json', json],
      ['application/yaml', 'proxy: { name: y }\nbackends: []\n'],
    ] as const) {
      const answer = await sendText(proxy, '/admin/config/validate', text, {
        headers: { 'content-type': type },
      })
      expect([answer.status, answer.json().outcome]).toEqual([200, 'refused'])
    }
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', undefined]) {
      const answer = await sendText(proxy, '/admin/config/validate', json, {
        headers: { 'content-type': type },
      })
      expect([answer.status, answer.json().error.code]).toEqual([415, 'admin-body-type'])
    }
  })

  test('a body beyond its limit is 413, and one that is no text 400', async () => {
    const proxy = await started()
    const large = await sendText(proxy, '/admin/config/validate', '#'.repeat(1_048_577))
    expect([large.status, large.json().error.code]).toEqual([413, 'req-body-size'])
    const binary = await proxy.send({
      path: '/admin/config/validate',
      body: Buffer.from([0x23, 0xff]),
      headers: toml,
      token: owner,
    })
    expect([binary.status, binary.json().error.code]).toEqual([400, 'admin-body'])
  })
})

describe('PUT /admin/config', () => {
  test('serves another configuration from the next request on, until the file is read again', async () => {
    const proxy = await started()
    const before = proxy.file.text
    const answer = await put(proxy, written({ backends: ['a', 'b'] }))
    expect(answer.json()).toMatchObject({ outcome: 'applied', changes: [{ key: 'backends[b]' }] })
    expect(await toolsOf(proxy)).toEqual(['a__work', 'b__work'])
    expect(proxy.file.text).toBe(before)
    const again = await proxy.send({ path: '/admin/reload', token: owner })
    expect(again.json()).toMatchObject({
      outcome: 'applied',
      changes: [{ key: 'backends[b]', change: 'removed' }],
    })
    expect(await toolsOf(proxy)).toEqual(['a__work'])
  })

  test('with persist=true it is in the file as it was sent, variables included', async () => {
    const proxy = await started()
    const next = written({ backends: ['a', 'b'], more: '# a comment' })
    expect((await put(proxy, next, '?persist=true')).json().outcome).toBe('applied')
    expect(proxy.file.text).toBe(next)
    expect(proxy.file.text).not.toContain(owner)
    const again = await proxy.send({ path: '/admin/reload', token: owner })
    expect(again.json().outcome).toBe('unchanged')
  })

  test('one that is refused is neither served nor written', async () => {
    const proxy = await started()
    const before = proxy.file.text
    for (const wrong of ['[broken', written({ auth: '' }), written({ more: 'colour = 1' })]) {
      const answer = await put(proxy, wrong, '?persist=true')
      expect([answer.status, answer.json().outcome]).toEqual([422, 'refused'])
    }
    expect(proxy.file.text).toBe(before)
    expect(await toolsOf(proxy, 'another-token')).toBe(401)
  })

  test('a caller token that is gone is refused from the next request on', async () => {
    const proxy = await started()
    const other = 'canary-other-00000001'
    await put(proxy, written({ auth: `[auth]\ntype = "bearer"\ntokens = ["${other}"]\n` }))
    expect(await toolsOf(proxy)).toBe(401)
    expect(await toolsOf(proxy, other)).toEqual(['a__work'])
  })

  test('what is at the machine stays there: programs, files that are written, admin tokens, what may be weaker', async () => {
    const proxy = await started()
    const program = '[[backends]]\nname = "p"\ntransport = "stdio"\ncommand = "/bin/sh"\n'
    const attempts = [
      [`${written()}${program}`, 'program'],
      [written({ security: 'allow_admin_programs = true' }), 'key'],
      [written({ security: 'allow_weaker_reload = true' }), 'key'],
      [
        written().replace(
          '"configure"]',
          '"configure"]\n[[security.admin_tokens]]\nname = "mine"\ntoken = "canary-mine-000000001"',
        ),
        'key',
      ],
      [written().replace('json_logs = true', 'audit_file = { path = "/tmp/wherever" }'), 'key'],
    ] as const
    for (const [text, name] of attempts) {
      const report = (await put(proxy, text)).json()
      expect(report.outcome).toBe('refused')
      expect(report.problems[0]).toMatchObject({ code: 'admin-machine', case: name })
    }
    expect(await toolsOf(proxy)).toEqual(['a__work'])
  })

  test('a program may come where the configuration in use allows it', async () => {
    const allowing = written({ security: 'allow_admin_programs = true' })
    const proxy = await started(allowing)
    const program = '[[backends]]\nname = "b"\ntransport = "stdio"\ncommand = "unused"\n'
    expect((await put(proxy, `${allowing}${program}`)).json()).toMatchObject({ outcome: 'applied' })
    expect(await toolsOf(proxy)).toEqual(['a__work', 'b__work'])
  })
})

describe('POST /admin/reload', () => {
  test('reads the file again, and answers with what changed or what is wrong', async () => {
    const proxy = await started()
    const reload = async () => (await proxy.send({ path: '/admin/reload', token: owner })).json()
    expect(await reload()).toMatchObject({ outcome: 'unchanged', changes: [] })
    proxy.file.text = written({ backends: ['a', 'b'] })
    expect(await reload()).toMatchObject({ outcome: 'applied', changes: [{ key: 'backends[b]' }] })
    proxy.file.text = '[broken'
    expect(await reload()).toMatchObject({
      outcome: 'refused',
      problems: [{ code: 'config-syntax' }],
    })
    const reloads = await proxy.send({ path: '/admin/reloads', method: 'GET', token: owner })
    expect(reloads.json()).toMatchObject([
      { trigger: 'admin', outcome: 'refused', codes: ['config-syntax'] },
      { trigger: 'admin', outcome: 'applied', changed: ['backends[b]'] },
      { trigger: 'admin', outcome: 'unchanged' },
    ])
    expect(proxy.logged()).not.toContain('canary')
  })

  test('a page of another site cannot ask for it, though it had the token', async () => {
    const proxy = await started()
    const refused = await proxy.send({
      path: '/admin/reload',
      token: owner,
      headers: { origin: 'https://evil.test' },
    })
    expect([refused.status, refused.json().error.data.code]).toEqual([403, 'req-origin'])
    const form = await proxy.send({
      path: '/admin/reload',
      token: owner,
      headers: { 'content-type': 'text/plain' },
    })
    expect(form.status).toBe(415)
  })
})

describe('GET /admin/config', () => {
  test('has every value with its origin, and no secret', async () => {
    const proxy = await started()
    const answer = await proxy.send({ path: '/admin/config', method: 'GET', token: owner })
    const { settings } = answer.json() as { settings: { key: string }[] }
    const of = (key: string) => settings.find((one) => one.key === key)
    expect(of('proxy.name')).toMatchObject({ value: 'one', origin: 'file', line: 2 })
    expect(of('proxy.separator')).toMatchObject({ value: '__', origin: 'default', line: null })
    expect(of('security.admin_tokens[0].token')).toMatchObject({
      value: '[secret]',
      origin: 'environment',
      variables: ['OWNER'],
    })
    expect(answer.text).not.toContain('canary')
    const only = await proxy.send({
      path: '/admin/config?written=true',
      method: 'GET',
      token: owner,
    })
    expect(only.json().settings.length).toBeLessThan(settings.length)
  })
})

describe('backends', () => {
  const at = (proxy: ReloadingProxy, path: string, method: string, body?: object) =>
    proxy.send({ path, method, token: owner, ...(body === undefined ? {} : { body }) })
  const url = 'http://127.0.0.1:1/mcp?key=canary-in-the-url'

  test('one is added, serves, and is gone with the next reload of the file', async () => {
    const proxy = await started()
    const before = proxy.file.text
    const added = await at(proxy, '/admin/backends/add', 'POST', { name: 'b', url })
    expect([added.status, added.json()]).toMatchObject([
      201,
      { outcome: 'applied', changes: [{ key: 'backends[b]', change: 'added' }] },
    ])
    expect(await toolsOf(proxy)).toEqual(['a__work', 'b__work'])
    expect(proxy.file.text).toBe(before)
    await at(proxy, '/admin/reload', 'POST')
    expect(await toolsOf(proxy)).toEqual(['a__work'])
    expect(added.text).not.toContain('canary')
  })

  test('with persist=true it is in the file, beside what was there', async () => {
    const proxy = await started(written({ more: '# a comment' }))
    const body = { name: 'b', transport: 'http', url, bearer_token: '${OWNER}' }
    const added = await at(proxy, '/admin/backends?persist=true', 'POST', body)
    expect(added.status).toBe(201)
    expect(proxy.file.text).toContain('# a comment')
    expect(proxy.file.text).toContain('name = "b"')
    expect(proxy.file.text).not.toContain(owner)
    const removed = await at(proxy, '/admin/backends/b?persist=true', 'DELETE')
    expect([removed.status, removed.json().outcome]).toEqual([200, 'applied'])
    expect(proxy.file.text).not.toContain('name = "b"')
    expect(await toolsOf(proxy)).toEqual(['a__work'])
  })

  test('one that does not come up is not added, and does not replace one that serves', async () => {
    const down = backend('b')
    down.down()
    const proxy = await startReloadingProxy(written(), [backend('a'), down], {
      env: { OWNER: owner },
    })
    open.push(proxy)
    const added = await at(proxy, '/admin/backends', 'POST', { name: 'b', transport: 'http', url })
    expect([added.status, added.json()]).toMatchObject([
      422,
      { outcome: 'refused', problems: [{ code: 'backend-unavailable' }] },
    ])
    expect(await toolsOf(proxy)).toEqual(['a__work'])
    const unwaited = await at(proxy, '/admin/backends?wait=false', 'POST', {
      name: 'b',
      transport: 'http',
      url,
    })
    expect(unwaited.status).toBe(201)
  })

  test('names that are taken or unknown, bodies that are none, and the last one', async () => {
    const proxy = await started()
    const add = (body: object) => at(proxy, '/admin/backends', 'POST', body)
    const taken = await add({ name: 'a', transport: 'http', url })
    expect([taken.status, taken.json().error.case]).toEqual([409, 'taken'])
    const unknown = await at(proxy, '/admin/backends/none', 'DELETE')
    expect([unknown.status, unknown.json().error.case]).toEqual([404, 'backend'])
    const nameless = await add({ transport: 'http', url })
    expect([nameless.status, nameless.json().error.code]).toEqual([400, 'admin-body'])
    const wrong = await add({ name: 'b', transport: 'http', url, colour: 'a-secret-colour' })
    expect([wrong.status, wrong.json().problems[0].code]).toEqual([422, 'config-unknown-key'])
    expect(wrong.text).not.toContain('a-secret-colour')
    const last = await at(proxy, '/admin/backends/a', 'DELETE')
    expect([last.status, last.json().outcome]).toEqual([422, 'refused'])
    expect(await toolsOf(proxy)).toEqual(['a__work'])
  })

  test('a program is added only where a key allows it', async () => {
    const proxy = await started()
    const body = { name: 'b', transport: 'stdio', command: '/bin/sh' }
    const refused = await at(proxy, '/admin/backends', 'POST', body)
    expect([refused.status, refused.json().problems[0].code]).toEqual([422, 'admin-machine'])
    const allowing = await started(written({ security: 'allow_admin_programs = true' }))
    expect((await at(allowing, '/admin/backends', 'POST', body)).status).toBe(201)
    expect(await toolsOf(allowing)).toEqual(['a__work', 'b__work'])
  })

  test('a backend that is replaced serves until the other is up', async () => {
    const proxy = await started()
    const replaced = await at(proxy, '/admin/backends/a', 'PUT', { url, required: true })
    expect([replaced.status, replaced.json().changes]).toMatchObject([
      200,
      [{ key: 'backends[a].required', before: 'false', after: 'true' }],
    ])
    expect(await toolsOf(proxy)).toEqual(['a__work'])
  })
})
