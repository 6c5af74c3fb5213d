// The guard of a resource in process: what it decides, and what callers are shown.
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import {
  protectResource,
  type ProtectResourceOptions,
  type ResourceGuard,
} from '../../src/index.ts'
import { startAuthorizationServer } from '../support/authorization-server.ts'
import { newProof, newProofKey } from '../support/proofs.ts'

const resource = 'https://api.acme.test/v1'
const bearer: ProtectResourceOptions['auth'] = {
  type: 'bearer',
  tokens: ['a-token-of-the-desk'],
}

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const listen = async (handle: RequestListener): Promise<string> => {
  const server: Server = createServer(handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  ends.push(
    () => server.closeAllConnections(),
    () => server.close(),
  )
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const guarded = (guard: ResourceGuard): Promise<string> => {
  ends.push(() => guard.close())
  return listen((request, response) => {
    guard(request, response, (error) => response.writeHead(error === undefined ? 200 : 500).end())
  })
}

const withToken = (token: string, more: Record<string, string> = {}) => ({
  headers: { authorization: `Bearer ${token}`, ...more },
})

describe('static tokens', () => {
  test('there is no metadata to point to, and its paths are as any other', async () => {
    const origin = await guarded(await protectResource({ auth: bearer, resource }))
    const answer = await fetch(`${origin}/.well-known/oauth-protected-resource/v1`)
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    expect((await fetch(origin, withToken('a-token-of-the-desk'))).status).toBe(200)
  })

  test('two credentials are 400, not a choice', async () => {
    const guard = await protectResource({ auth: bearer, resource })
    const origin = await guarded(guard)
    const answer = await fetch(origin, withToken('a-token-of-the-desk, Bearer other'))
    expect(answer.status).toBe(400)
  })
})

describe('an issuer that is down', () => {
  test('the guard is there, and tokens are undecided: 503 without a challenge', async () => {
    const server = await startAuthorizationServer()
    const token = await server.token({ resource })
    await server.close()
    const guard = await protectResource({
      auth: { type: 'oauth', issuer: server.issuer },
      resource,
    })
    const answer = await fetch(await guarded(guard), withToken(token))
    expect(answer.status).toBe(503)
    expect(answer.headers.get('www-authenticate')).toBeNull()
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(guard.ready().ready).toBe(false)
  })
})

describe('a real issuer', () => {
  test('a scope that is missing is 403 with all that are needed', async () => {
    const server = await startAuthorizationServer()
    ends.push(() => server.close())
    const origin = await guarded(
      await protectResource({
        auth: { type: 'oauth', issuer: server.issuer, required_scopes: ['mcp:admin'] },
        resource,
      }),
    )
    const answer = await fetch(origin, withToken(await server.token({ resource })))
    expect(answer.status).toBe(403)
    expect(answer.headers.get('www-authenticate')).toContain('scope="mcp:admin"')
    expect(await answer.json()).toMatchObject({ error: 'insufficient_scope', code: 'claim-scope' })
  })

  test('a proof of possession is for the path that was called', async () => {
    const server = await startAuthorizationServer()
    ends.push(() => server.close())
    const auth = { type: 'oauth', issuer: server.issuer, sender_constraint: 'dpop' } as const
    const origin = await guarded(await protectResource({ auth, resource }))
    const key = await newProofKey()
    const dpopProof = await newProof(key, { url: `${server.issuer}/token` })
    const token = await server.token({ resource, dpopProof })
    const ask = async (path: string, url: string) => {
      const dpop = await newProof(key, { token, method: 'GET', url })
      const headers = { authorization: `DPoP ${token}`, dpop }
      return fetch(`${origin}${path}?page=2`, { headers })
    }
    expect((await ask('/v1/items', 'https://api.acme.test/v1/items')).status).toBe(200)
    const elsewhere = await ask('/v1/items', 'https://api.acme.test/v1/others')
    expect([elsewhere.status, await elsewhere.json()]).toMatchObject([
      401,
      { error: 'invalid_dpop_proof' },
    ])
    const stolen = await fetch(`${origin}/v1/items`, withToken(token))
    expect(stolen.status).toBe(401)
  })
})

test('what cannot be a URL is refused before there is a request', async () => {
  await expect(protectResource({ auth: bearer, resource: '/v1' })).rejects.toThrow('Invalid URL')
})
