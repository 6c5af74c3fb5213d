// The status matrix: every cause of a refusal, under every strategy, at every door, with exact status, challenge and id.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isProblemCode } from '../../src/problems/problem.ts'
import { audience, openLab, staticToken, type Lab } from '../e2e/promise-lab.ts'
import { writeKeys } from '../support/keys.ts'
import { startTestProxy } from '../support/proxy.ts'
import { scriptedBackend } from '../support/scripted-backend.ts'
import { startStdioProxy } from '../support/stdio-proxy.ts'
import {
  causes,
  isStatic,
  keys,
  strategies,
  type Issuer,
  type Strategy,
  type Word,
} from './status-causes.ts'
import { adminToken, doors, type Cell, type Offer, type Place } from './status-doors.ts'

const scope = 'mcp:read'
const metadata = 'https://mcp.example.com/.well-known/oauth-protected-resource/mcp'
const nowhere = 'http://127.0.0.1:9'

let lab: Lab
const keyFile = writeKeys(Object.values(keys))

/** As a person would write it, with the secrets that its variables name. */
const authOf = (strategy: Strategy, issuer: Issuer): object => {
  if (strategy === 'none') return { type: 'none' }
  if (strategy === 'bearer') return { type: 'bearer', tokens: [staticToken] }
  if (strategy === 'scoped') {
    return { type: 'bearer', scoped_tokens: [{ token: staticToken, allow_tools: ['*'] }] }
  }
  if (strategy === 'keys') {
    return { type: 'keys', keys_file: keyFile.file, required_scopes: [scope] }
  }
  const { auth } = lab.realms[strategy]
  const hasKeys = auth['type'] === 'jwt' || strategy === 'both' || strategy === 'issuers'
  const asks = strategy === 'introspection' || strategy === 'both'
  return {
    ...auth,
    ...('client_secret' in auth ? { client_secret: lab.clientSecret } : {}),
    required_scopes: [scope],
    ...(issuer === 'down' && hasKeys ? { jwks_uri: `${nowhere}/jwks` } : {}),
    ...(issuer === 'down' && asks ? { introspection_endpoint: `${nowhere}/introspect` } : {}),
  }
}

const offerOf = (strategy: Strategy): Offer => {
  const published = !isStatic(strategy)
  return {
    published,
    scopes: published || strategy === 'keys' ? scope : undefined,
    metadata: published ? metadata : undefined,
    dpop: strategy === 'dpop' ? 'taken' : 'none',
    algorithms: 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519',
  }
}

const openPlace = async (strategy: Strategy, issuer: Issuer): Promise<Place> => {
  const backend = () => {
    const one = scriptedBackend('a', { 'tools/list': { tools: [] } })
    one.up()
    return one
  }
  const config = {
    proxy: { public_url: audience },
    auth: authOf(strategy, issuer),
    security: { admin_token: adminToken, trusted_proxies: ['10.0.0.1'] },
  }
  return {
    proxy: await startTestProxy([backend()], { config }),
    stdio: await startStdioProxy([backend()], { config }),
    offer: offerOf(strategy),
  }
}

const places = new Map<string, Place>()
const placeOf = (strategy: Strategy, issuer: Issuer): Place => {
  const place = places.get(`${strategy} ${issuer}`)
  if (place === undefined) throw new Error(`no place for ${strategy}, issuer ${issuer}`)
  return place
}

beforeAll(async () => {
  lab = await openLab()
  for (const strategy of strategies) {
    for (const issuer of ['up', 'down'] as const) {
      places.set(`${strategy} ${issuer}`, await openPlace(strategy, issuer))
    }
  }
})
afterAll(async () => {
  for (const { proxy, stdio } of places.values()) {
    await Promise.all([proxy.close({ force: true }), stdio.close({ force: true })])
  }
  await lab.close()
})

const cellOf = (word: Exclude<Word, null>): Cell => {
  if (word === 'accepted') return { status: 200, id: undefined }
  const [status = '', id = ''] = word.split(' ')
  if (!isProblemCode(id)) throw new Error(`${id} is no id`)
  return { status: Number(status), id }
}

describe.each(strategies)('under %s', (strategy) => {
  const rows = Object.entries(causes).flatMap(([name, cause]) => {
    const word = cause.answers[strategy]
    return word === null ? [] : [{ name, cause, word }]
  })

  test.each(rows)('$name is answered "$word" at every door', async ({ cause, word }) => {
    const place = placeOf(strategy, cause.issuer ?? 'up')
    const cell = cellOf(word)
    const seen: Record<string, unknown> = {}
    const expected: Record<string, unknown> = {}
    for (const [name, door] of Object.entries(doors)) {
      seen[name] = await door.knock(place, await cause.shown(lab, strategy))
      expected[name] = door.expected(cell, place)
    }
    expect(seen).toEqual(expected)
  })
})

test('no answer of the matrix is a redirect or an internal error, and all ids are those of the catalogue', () => {
  const words = Object.values(causes).flatMap(({ answers }) => Object.values(answers))
  for (const word of words) {
    if (word === null) continue
    expect([200, 400, 401, 403, 503]).toContain(cellOf(word).status)
  }
})
