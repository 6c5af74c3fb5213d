// The OpenAPI document is valid, and every operation in it answers as it says, with its right and not without.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openApiDocument } from '../../../src/server/admin/open-api.ts'
import { adminRoutes } from '../../../src/server/admin/routes.ts'
import type { AdminRoute } from '../../../src/server/admin/route.ts'
import { startReloadingProxy, type ReloadingProxy } from '../../support/reloading-proxy.ts'
import type { Received, SendOptions } from '../../support/proxy.ts'
import { result, scriptedBackend } from '../../support/scripted-backend.ts'

const canaries = {
  read: 'canary-read-0000001',
  operate: 'canary-operate-0001',
  configure: 'canary-configure-01',
} as const
const backendCanary = 'canary-backend-00001'
const callerCanary = 'canary-caller-000001'

const configuration = `[proxy]
name = "admin"
[proxy.listen]
port = 0
[observability]
json_logs = true
[auth]
type = "bearer"
tokens = ["\${CALLER}"]
[[security.admin_tokens]]
name = "reader"
token = "${canaries.read}"
[[security.admin_tokens]]
name = "operator"
token = "${canaries.operate}"
rights = ["operate"]
[[security.admin_tokens]]
name = "owner"
token = "${canaries.configure}"
rights = ["configure"]
[[backends]]
name = "a"
transport = "http"
url = "http://127.0.0.1:1/mcp"
bearer_token = "${backendCanary}"
circuit_breaker = {}
`

const page = await readFile(join(import.meta.dirname, '../../../docs/admin.md'), 'utf8')

const document = openApiDocument(adminRoutes) as unknown as Document

interface Operation {
  readonly operationId: string
  readonly 'x-right': keyof typeof canaries
  readonly requestBody?: object
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: object }>> }>
  >
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}

const ajv = new Ajv2020({ strict: false, allErrors: true })
;(formats as unknown as (to: Ajv2020) => void)(ajv)
ajv.addSchema(document, 'admin')

/** What is wrong with a value by a schema of the document. */
const faultsOf = (schema: object, value: unknown): unknown => {
  const text = JSON.stringify(schema).replaceAll('"#/', '"admin#/')
  const validate = ajv.compile(JSON.parse(text) as object)
  return validate(value) ? undefined : validate.errors
}

let proxy: ReloadingProxy
beforeAll(async () => {
  const tools = { 'tools/list': { tools: [{ name: 't' }] }, 'tools/call': () => result({}) }
  proxy = await startReloadingProxy(configuration, [scriptedBackend('a', tools)], {
    env: { CALLER: callerCanary },
  })
  await proxy.send({ body: {}, token: 'nobody-knows-this-token' })
})
afterAll(() => proxy.running.close({ force: true }))

const openSession = () =>
  proxy.send({
    token: callerCanary,
    body: {
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 'acme', version: '2' },
      },
    },
  })

const adminGet = (path: string) => proxy.send({ path, method: 'GET', token: canaries.read })

/** What stands for the parameters of the path. */
const parameters: Readonly<Record<string, () => string | Promise<string>>> = {
  name: () => 'a',
  backend: () => 'a',
  id: async () => {
    const { decisions } = (await adminGet('/admin/decisions')).json()
    return decisions[0].id as string
  },
}

const sessionId = async (): Promise<string> => {
  await openSession()
  return (await adminGet('/admin/sessions/detail')).json()[0].id as string
}

const pathOf = async ({ path, id }: AdminRoute): Promise<string> => {
  const [, name] = /\{(\w+)\}/.exec(path) ?? []
  if (name === undefined) return path
  if (id === 'removeBackend') return path.replace(`{${name}}`, 'new')
  const value = id === 'endSession' ? await sessionId() : await parameters[name]!()
  return path.replace(`{${name}}`, value)
}

/** Ends the streams: their head and their first event are enough. */
const ask = async (options: SendOptions, isStream: boolean): Promise<Received> => {
  if (!isStream) return proxy.send(options)
  return proxy.send({ ...options, method: 'HEAD' })
}

const url = 'http://127.0.0.1:1/mcp'
const bodies: Readonly<Record<string, object>> = {
  validateToken: { token: callerCanary },
  addBackend: { name: 'new', transport: 'http', url, bearer_token: backendCanary },
  addBackendByAddress: { name: 'newer', url, bearer_token: backendCanary },
  replaceBackend: { url, bearer_token: `${backendCanary}2`, circuit_breaker: {} },
}

const requestOf = async (route: AdminRoute): Promise<SendOptions> => ({
  path: await pathOf(route),
  method: route.method,
  ...(route.body === 'configuration'
    ? { body: configuration, headers: { 'content-type': 'application/toml' } }
    : {}),
  ...(route.id in bodies ? { body: bodies[route.id] } : {}),
})

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(
    ([method, operation]) => [operation.operationId, { path, method, operation }] as const,
  ),
)

test('the document is valid OpenAPI 3.1', async () => {
  const validator = new Validator()
  const found = await validator.validate(structuredClone(document) as never)
  expect(found).toEqual({ valid: true })
  expect(validator.version).toBe('3.1')
})

test('the document is served as it is generated', async () => {
  const served = await adminGet('/admin/openapi.json')
  expect(served.json()).toEqual(JSON.parse(JSON.stringify(document)))
})

describe.each(operations)('%s', (id, { path, method, operation }) => {
  const route = adminRoutes.find((one) => one.id === id)!
  const right = operation['x-right']
  const isStream = route.answer === 'text/event-stream'

  test('is in the table', () => {
    expect([route.path, route.method.toLowerCase(), route.right]).toEqual([path, method, right])
  })

  test('with its right it answers by its schema, and without any secret', async () => {
    const answer = await ask({ ...(await requestOf(route)), token: canaries[right] }, isStream)
    const described = operation.responses[String(answer.status)]
    expect([answer.status, described]).toEqual([route.status, expect.anything()])
    const [type = ''] = (answer.headers['content-type'] ?? '').split(';')
    const schema = described!.content[type]?.schema
    expect(schema).toBeDefined()
    const value: unknown = type === 'application/json' ? answer.json() : answer.text
    expect(faultsOf(schema!, value)).toBeUndefined()
    expect(answer.text).not.toMatch(/canary-/)
  })

  test('without its right it is refused, and nothing is done', async () => {
    const request = await requestOf(route)
    const others = Object.entries(canaries).filter(([name]) => name !== right)
    for (const [, token] of others) {
      const refused = await proxy.send({ ...request, token })
      expect([refused.status, refused.json().error.data.code]).toEqual([403, 'admin-right'])
      expect(
        faultsOf(operation.responses['403']!.content['application/json']!.schema, refused.json()),
      ).toBeUndefined()
    }
    for (const token of [undefined, callerCanary, 'none-of-them']) {
      const refused = await proxy.send({ ...request, ...(token === undefined ? {} : { token }) })
      expect([refused.status, refused.json().error.data.code]).toEqual([401, 'policy-admin'])
      expect(refused.headers['www-authenticate']).toBe('Bearer realm="admin"')
    }
  })

  test('another method is 405', async () => {
    const request = await requestOf(route)
    const answer = await proxy.send({ ...request, method: 'PATCH', token: canaries[right] })
    expect(answer.status).toBe(405)
    expect(answer.headers.allow).toContain(route.method)
  })
})

test('no secret is in the log', () => {
  expect(proxy.logged()).not.toMatch(/canary-/)
  expect(proxy.logged()).toContain('"operation":"reload"')
})

/** `GET /admin/backends/{name}`, `.../health` are two paths. */
const wholePaths = (request: string): readonly string[] => {
  const [first = '', ...others] = [...request.matchAll(/`(?:[A-Z]+ )?([^`]+)`/g)].map(
    ([, path]) => path!,
  )
  return [first, ...others.map((path) => path.replace(/^\.\.\./, first))]
}

test.each(adminRoutes.map(({ method, path, right }) => [method, path, right] as const))(
  'docs/admin.md has %s %s with its right',
  (method, path, right) => {
    const lines = page.split('\n').filter((line) => line.startsWith('| `'))
    const rows = lines.map((line) => line.split('|').map((cell) => cell.trim()))
    const row = rows.find(
      ([, request = '']) => request.includes(`${method} `) && wholePaths(request).includes(path),
    )
    expect([row?.[1], row?.[2]]).toEqual([expect.anything(), `\`${right}\``])
  },
)
