// The doors of the status matrix: how each is knocked at, and what it makes of a verdict about the caller's token.
import { problemSpec, type ProblemCode } from '../../src/problems/problem.ts'
import type { TestProxy } from '../support/proxy.ts'
import { modernRequest, type StdioProxy } from '../support/stdio-proxy.ts'

/** What is sent beside the request itself. */
export interface Credential {
  readonly authorization?: string | readonly string[]
  /** Behind the path, with its question mark. */
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Seen {
  readonly status: number
  readonly id: string | undefined
  readonly challenge: string | undefined
  readonly retries: boolean
}

/** What the table says of a cause under a strategy: accepted, or the status with the id. */
export interface Cell {
  readonly status: number
  readonly id: ProblemCode | undefined
}

/** Of a strategy: what its challenges point to. */
export interface Offer {
  readonly scopes: string | undefined
  readonly metadata: string | undefined
  readonly dpop: 'none' | 'taken' | 'required'
  readonly algorithms: string
  /** Whether there is an authorization server to point to. */
  readonly published: boolean
}

export interface Place {
  readonly proxy: TestProxy
  readonly stdio: StdioProxy
  readonly offer: Offer
}

export interface Door {
  knock(place: Place, credential: Credential): Promise<Seen>
  expected(cell: Cell, place: Place): Seen
}

export const adminToken = 'admin-token-of-the-matrix'

const answered = (status: number, id?: ProblemCode, challenge?: string): Seen => ({
  status,
  id,
  challenge,
  retries: false,
})

/** RFC 6750 section 3 and RFC 9449 section 7.1, written out: not by what makes the challenges of the proxy. */
const challengeFor = ({ status, id }: Cell, offer: Offer): string | undefined => {
  if (status === 503 || id === undefined) return undefined
  const kind = { 400: 'invalid_request', 401: 'invalid_token', 403: 'insufficient_scope' }[status]
  const error =
    id === 'req-token-missing'
      ? ''
      : `error="${kind}", error_description="${id}: ${problemSpec(id).title}", `
  const scope = offer.scopes === undefined ? '' : `scope="${offer.scopes}", `
  const metadata = offer.metadata === undefined ? '' : `resource_metadata="${offer.metadata}", `
  const one = (scheme: string, params: string): string =>
    `${scheme} ${params}`.replace(/,? $/, '').trimEnd()
  const bearer = one('Bearer', `${error}${scope}${metadata}`)
  if (offer.dpop === 'none') return bearer
  return `${bearer}, ${one('DPoP', `algs="${offer.algorithms}", ${scope}${metadata}`)}`
}

/** What a refused caller gets, whatever the method. */
const refused = (cell: Cell, { offer }: Place): Seen => ({
  status: cell.status,
  id: cell.id,
  challenge: challengeFor(cell, offer),
  retries: cell.status === 503,
})

const ofCaller =
  (accepted: Seen) =>
  (cell: Cell, place: Place): Seen =>
    cell.status === 200 ? accepted : refused(cell, place)

const seenIn = async (
  proxy: TestProxy,
  method: string,
  path: string,
  { authorization, query = '', headers = {} }: Credential,
  more: Readonly<Record<string, string | undefined>> = {},
): Promise<Seen> => {
  const all = { ...headers, ...more, ...(authorization === undefined ? {} : { authorization }) }
  const options = { path: `${path}${query}`, headers: all }
  const answer =
    method === 'POST'
      ? await proxy.modern('tools/list', {}, options)
      : await proxy.send({ ...options, method })
  const body = answer.text.startsWith('{') ? answer.json() : {}
  const { code, requestId } = body.error?.data ?? {}
  // The id under which `why` knows the refusal is in the head and in the body.
  if (requestId !== undefined && requestId !== answer.headers['x-request-id']) {
    throw new Error('the request ids of head and body differ')
  }
  return {
    status: answer.status,
    id: code,
    challenge: answer.headers['www-authenticate'],
    retries: answer.headers['retry-after'] !== undefined,
  }
}

const endpoint = (method: string, accepted: Seen, more?: Record<string, string>): Door => ({
  knock: ({ proxy }, credential) => seenIn(proxy, method, '/mcp', credential, more),
  expected: ofCaller(accepted),
})

const session = { 'mcp-session-id': 'a-session-that-is-not-there' }

export const doors: Readonly<Record<string, Door>> = {
  POST: endpoint('POST', answered(200)),
  GET: endpoint('GET', answered(405)),
  DELETE: endpoint('DELETE', answered(405)),
  // A session is never authentication: only who is known learns that there is none.
  'GET of a session': endpoint('GET', answered(404, 'req-session'), session),
  'DELETE of a session': endpoint('DELETE', answered(404, 'req-session'), session),
  // Browsers send no token with it.
  preflight: {
    knock: ({ proxy }, credential) =>
      seenIn(proxy, 'OPTIONS', '/mcp', credential, {
        origin: 'http://localhost:3000',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      }),
    expected: () => answered(204),
  },
  metadata: {
    knock: ({ proxy }, credential) =>
      seenIn(proxy, 'GET', '/.well-known/oauth-protected-resource/mcp', credential),
    expected: (_, { offer }) => answered(offer.published ? 200 : 404),
  },
  // A token of a caller opens nothing there, however good it is.
  admin: {
    knock: ({ proxy }, credential) => seenIn(proxy, 'GET', '/admin/backends', credential),
    expected: () => answered(401, 'policy-admin', 'Bearer realm="admin"'),
  },
  // Only the process that started the proxy is behind it: [auth] is about HTTP.
  stdio: {
    knock: async ({ stdio }) => {
      const id = `knock-${(knocks += 1)}`
      stdio.write(modernRequest(id, 'tools/list'))
      const { error } = await stdio.answer(id)
      return answered(error === undefined ? 200 : 500, error?.data?.code)
    },
    expected: () => answered(200),
  },
}

let knocks = 0
