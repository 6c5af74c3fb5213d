// What the judgement of one token costs, in one process and without HTTP: best and median of interleaved rounds.
// Read the ratios of the best: bare jose on the same tokens runs between our own cases.
import { createServer } from 'node:http'
import { Socket, type AddressInfo } from 'node:net'
import { importJWK, jwtVerify } from 'jose'
import { systemPorts } from '../src/net/system-ports.ts'
import type { AuthGate } from '../src/core/validator/auth-gate.ts'
import { authConfigSchema } from '../src/core/auth-config/auth-config.ts'
import { createValidator } from '../src/core/validator/create-validator.ts'
import { createConnectionMemo } from '../src/server/http/connection-memo.ts'
import {
  goodClaims,
  jwksOf,
  mintToken,
  newSigningKey,
  testAudience,
  testIssuer,
  type SigningAlgorithm,
  type SigningKey,
} from '../test/support/tokens.ts'

const rounds = Number(process.argv[2] ?? 15)
const fresh = 40
const repeats = 20_000
const signal = new AbortController().signal
const now = (): number => Math.floor(Date.now() / 1000)

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN

interface Case {
  readonly name: string
  /** One round; answers how many operations it made. */
  readonly run: () => number | Promise<number>
  /** Work before the clock starts. */
  readonly prepare?: () => Promise<void>
  /** The ratio is to the case of that name. */
  readonly against?: string
  readonly target?: string
}

const check = (outcome: string): void => {
  if (outcome !== 'accepted') throw new Error(`the token was ${outcome}`)
}

const jwtGate = (key: SigningKey): Promise<AuthGate> =>
  createValidator(
    authConfigSchema.parse({
      type: 'jwt',
      issuer: testIssuer,
      jwks_uri: 'https://keys.invalid/jwks',
      audience: testAudience,
    }),
    systemPorts(),
    { localKeys: jwksOf(key) },
  )

const mint = (key: SigningKey, jti: string, claims = {}): Promise<string> =>
  mintToken(key, goodClaims({ jti, ...claims }, now()))

/** The same tokens, seen for the first time by jose and by us. */
const firstSight = async (alg: SigningAlgorithm): Promise<readonly Case[]> => {
  const key = await newSigningKey(alg)
  const publicKey = await importJWK(key.publicJwk, alg)
  const gate = await jwtGate(key)
  let minted = 0
  let tokens: readonly string[] = []
  const bare = `${alg} first sight, bare jose jwtVerify`
  return [
    {
      name: bare,
      prepare: async () => {
        minted += fresh
        tokens = await Promise.all(
          Array.from({ length: fresh }, (_, index) => mint(key, `${minted - index}`)),
        )
      },
      run: async () => {
        for (const token of tokens) {
          await jwtVerify(token, publicKey, {
            issuer: testIssuer,
            audience: testAudience,
            algorithms: [alg],
          })
        }
        return fresh
      },
    },
    {
      name: `${alg} first sight, createValidator`,
      against: bare,
      run: async () => {
        for (const token of tokens) check((await gate.validate(token, signal)).outcome)
        return fresh
      },
    },
  ]
}

const repeated = async (): Promise<readonly Case[]> => {
  const key = await newSigningKey('ES256')
  const gate = await jwtGate(key)
  const token = await mint(key, 'repeated')
  const first = await gate.validate(token, signal)
  check(first.outcome)
  const memo = createConnectionMemo()
  const socket = new Socket()
  // As node:http hands them over: a new string for each request.
  const headers = Array.from({ length: 64 }, () => [
    'Host',
    'mcp.example',
    'Authorization',
    Buffer.from(`Bearer ${token}`).toString('latin1'),
    'Content-Type',
    'application/json',
    'Accept',
    'application/json, text/event-stream',
    'Mcp-Protocol-Version',
    '2026-07-28',
    'Content-Length',
    '120',
  ])
  const requests = headers.map((rawHeaders) => ({ rawHeaders, socket }))
  memo.remember(requests[0] ?? { rawHeaders: [], socket }, first)
  return [
    {
      name: 'a token seen before, createValidator',
      against: 'ES256 first sight, bare jose jwtVerify',
      target: '3 us',
      run: () => {
        for (let index = 0; index < repeats; index += 1) {
          const verdict = gate.validate(token, signal)
          if (verdict !== first) throw new Error('the token was not remembered')
        }
        return repeats
      },
    },
    {
      name: 'the same header again on one connection',
      against: 'a token seen before, createValidator',
      target: '1 us',
      run: () => {
        for (let index = 0; index < repeats; index += 1) {
          const request = requests[index % requests.length]
          if (request === undefined || memo.recall(request, gate) !== first) {
            throw new Error('the connection was not remembered')
          }
        }
        return repeats
      },
    },
  ]
}

const introspected = async () => {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({ active: true, aud: testAudience, iss: testIssuer, exp: now() + 3600 }),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const ports = systemPorts()
  const gate = await createValidator(
    authConfigSchema.parse({
      type: 'oauth',
      issuer: testIssuer,
      audience: testAudience,
      token_validation: 'introspection',
      introspection_endpoint: `http://127.0.0.1:${port}/introspect`,
      client_id: 'bench',
      client_secret: 'bench',
      cache_ttl: 300,
    }),
    ports,
  )
  const token = 'opaque-token-of-the-benchmark'
  check((await gate.validate(token, signal)).outcome)
  const hit: Case = {
    name: 'an introspection answer at hand',
    against: 'a token seen before, createValidator',
    run: () => {
      for (let index = 0; index < repeats; index += 1) {
        const verdict = gate.validate(token, signal)
        if (verdict instanceof Promise) throw new Error('the answer was not remembered')
      }
      return repeats
    },
  }
  let asked = 0
  const miss: Case = {
    name: 'an introspection call on loopback',
    run: async () => {
      for (let index = 0; index < fresh; index += 1) {
        asked += 1
        check((await gate.validate(`${token}-${asked}`, signal)).outcome)
      }
      return fresh
    },
  }
  const close = async (): Promise<void> => {
    gate.close()
    server.close()
    await (await ports.http()).close()
  }
  return { cases: [hit, miss], close }
}

/** First sights of ever larger tokens: the time for each KiB must not grow. */
const sizes = async (): Promise<readonly Case[]> => {
  const key = await newSigningKey('ES256')
  const gate = await jwtGate(key)
  return Promise.all(
    [1, 2, 4, 8, 11].map(async (kilobytes): Promise<Case> => {
      let minted = 0
      let tokens: readonly string[] = []
      return {
        name: `first sight, ${kilobytes} KiB of claims`,
        prepare: async () => {
          const groups = Array.from({ length: kilobytes * 32 }, (_, index) =>
            `group-${index}`.padEnd(29, 'x'),
          )
          minted += fresh
          tokens = await Promise.all(
            Array.from({ length: fresh }, (_, index) => mint(key, `${minted - index}`, { groups })),
          )
        },
        run: async () => {
          for (const token of tokens) check((await gate.validate(token, signal)).outcome)
          return fresh
        },
      }
    }),
  )
}

const { cases: asking, close } = await introspected()
const cases: readonly Case[] = [
  ...(await firstSight('ES256')),
  ...(await firstSight('RS256')),
  ...(await firstSight('EdDSA')),
  ...(await repeated()),
  ...asking,
  ...(await sizes()),
]
const times = new Map<string, number[]>(cases.map(({ name }) => [name, []]))
// The first rounds warm up and do not count.
for (let round = -6; round < rounds; round += 1) {
  for (const { name, prepare, run } of cases) {
    await prepare?.()
    const start = performance.now()
    const operations = await run()
    const microseconds = ((performance.now() - start) * 1000) / operations
    if (round >= 0) times.get(name)?.push(microseconds)
  }
}
await close()

const best = (name: string): number => Math.min(...(times.get(name) ?? []))
for (const { name, against, target } of cases) {
  const ratio =
    against === undefined ? '' : `x ${(best(name) / best(against)).toFixed(3)} of ${against}`
  const wanted = target === undefined ? '' : `   target ${target}`
  const middle = median(times.get(name) ?? []).toFixed(3)
  process.stdout.write(
    `${name.padEnd(42)} ${best(name).toFixed(3).padStart(9)} us  (median ${middle})  ${ratio}${wanted}\n`,
  )
}
