// Which MCP clients get in: what each is known to need, compared with what was found.
import { hostKind } from '../../net/address.ts'
import type { ProblemCode } from '../../problems/problem.ts'
import type { Investigation } from '../investigation/investigation.ts'
import type { AuthServerMetadata } from '../metadata/metadata.ts'
import { isFinding, severityOf, type Check } from '../verdict/check.ts'
import {
  knownClients,
  type Fact,
  type Known,
  type KnownClient,
  type Source,
} from './known-clients.ts'

/** `setup`: after its user has configured something. `unknown`: no source, or no answer, decides it. */
export type Admission = 'yes' | 'setup' | 'no' | 'unknown'

export interface ClientNeed {
  readonly id:
    | 'address'
    | 'challenge'
    | 'metadata'
    | 'resource'
    | 'issuer'
    | 'endpoints'
    | 'pkce'
    | 'client-id'
  readonly need: string
  /** Whether the client is known to refuse without it. */
  readonly required: Known
  readonly met: Known
  /** The checks that answer it. */
  readonly checks: readonly ProblemCode[]
  /** What says that the client needs it; undefined where that is the protocol, or not known. */
  readonly source: Source | undefined
}

export interface ClientRow {
  readonly id: string
  readonly name: string
  readonly admission: Admission
  /** Why, and what to configure, as a sentence. */
  readonly because: string
  readonly needs: readonly ClientNeed[]
  /** How it becomes known to the authorization server, the way that it takes first. */
  readonly registers: 'document' | 'dynamic' | 'given' | undefined
  readonly redirects: readonly string[]
  readonly sources: readonly Source[]
}

type Found = Pick<Investigation, 'as' | 'resource' | 'server' | 'checks' | 'outcome'>

const byProtocol: Fact = { known: 'yes' }

/** What weighs less is advice: no client refuses for it. */
const isBreach = (check: Check): boolean =>
  isFinding(check) && !['low', 'info'].includes(severityOf(check))

/** Undefined: none of them was asked here. A skipped check answers nothing. */
const metBy = (checks: readonly Check[], ids: readonly ProblemCode[]): Known | undefined => {
  const asked = checks.filter(({ id }) => ids.includes(id))
  if (asked.length === 0) return undefined
  if (asked.some(isBreach)) return 'no'
  return asked.some(({ status }) => status !== 'skip') ? 'yes' : 'unknown'
}

/** Names are not resolved. */
const isPublic = (address: string): Known => {
  const { protocol, hostname } = new URL(address)
  const kind = hostKind(hostname)
  if (protocol !== 'https:' || (kind !== undefined && kind !== 'public')) return 'no'
  return 'yes'
}

interface Ways {
  readonly document: boolean
  readonly dynamic: boolean
}

/** A client with a metadata document has no secret, so the token endpoint has to accept `none`. */
const waysOf = (metadata: AuthServerMetadata): Ways => ({
  document:
    metadata.client_id_metadata_document_supported === true &&
    metadata.token_endpoint_auth_methods_supported.includes('none'),
  dynamic: metadata.registration_endpoint !== undefined,
})

const registersBy = (client: KnownClient, ways: Ways): ClientRow['registers'] => {
  if (ways.document && client.document.known === 'yes') return 'document'
  if (ways.dynamic && client.dynamic.known === 'yes') return 'dynamic'
  return client.given.known === 'yes' ? 'given' : undefined
}

type NeedRow = readonly [
  id: ClientNeed['id'],
  need: string,
  checks: readonly ProblemCode[],
  fact: (client: KnownClient, checks: readonly Check[]) => Fact,
]

/** Without the header a client that guesses the location of the metadata still gets on. */
const challengeFact = (_: KnownClient, checks: readonly Check[]): Fact => {
  const found = checks.find(({ id }) => id === 'prm-challenge')
  const isBare =
    found?.status === 'fail' || found?.status === 'warn' ? found.case === 'no-header' : false
  return isBare ? { known: 'unknown' } : byProtocol
}

const rows: readonly NeedRow[] = [
  [
    'challenge',
    'asks for a login with 401 and a Bearer challenge',
    ['prm-challenge'],
    challengeFact,
  ],
  [
    'metadata',
    'publishes protected resource metadata',
    ['prm-location', 'prm-open'],
    () => byProtocol,
  ],
  [
    'resource',
    'names in resource the address that clients call',
    ['prm-resource'],
    ({ exactResource }) => exactResource,
  ],
  [
    'issuer',
    'the authorization server has metadata',
    ['asm-found', 'asm-issuer'],
    () => byProtocol,
  ],
  [
    'endpoints',
    'the authorization server offers the code flow',
    ['asm-endpoints'],
    () => byProtocol,
  ],
  ['pkce', 'the authorization server advertises S256', ['asm-pkce'], ({ pkce }) => pkce],
]

const needsOf = (client: KnownClient, checks: readonly Check[]): readonly ClientNeed[] =>
  rows.flatMap(([id, need, ids, factOf]): ClientNeed[] => {
    const met = metBy(checks, ids)
    if (met === undefined) return []
    const { known: required, source } = factOf(client, checks)
    return [{ id, need, required, met, checks: ids, source }]
  })

const addressNeed = (address: string, { hosted }: KnownClient): ClientNeed[] =>
  hosted.known === 'yes'
    ? [
        {
          id: 'address',
          need: 'is reachable at a public https address: this client connects from the cloud of its maker',
          required: 'yes',
          met: isPublic(address),
          checks: ['mcp-url'],
          source: hosted.source,
        },
      ]
    : []

const clientIdNeed = (client: KnownClient, by: ClientRow['registers']): ClientNeed => {
  const ways = [
    ...(client.document.known === 'yes' ? ['client ID metadata documents'] : []),
    ...(client.dynamic.known === 'yes' ? ['dynamic client registration'] : []),
  ]
  const fact = by === 'document' ? client.document : by === 'given' ? client.given : client.dynamic
  return {
    id: 'client-id',
    need: `the authorization server offers ${ways.join(' or ')}`,
    required: 'yes',
    met: by === 'given' || by === undefined ? 'no' : 'yes',
    checks: ['asm-cimd', 'asm-registration'],
    source: fact.source,
  }
}

const listed = (needs: readonly ClientNeed[]): string => needs.map(({ need }) => need).join('; ')

const ways = {
  document: 'identifies itself by its client ID metadata document',
  dynamic: 'registers itself (RFC 7591)',
} as const

interface Judged {
  readonly admission: Admission
  readonly because: string
}

const judge = (
  client: KnownClient,
  needs: readonly ClientNeed[],
  by: ClientRow['registers'],
): Judged => {
  const others = needs.filter(({ id }) => id !== 'client-id')
  const lacking = others.filter(({ required, met }) => required === 'yes' && met === 'no')
  const header =
    client.header.known === 'yes' && lacking.every(({ id }) => id !== 'address')
      ? '. A token in a header of its configuration still works'
      : ''
  if (lacking.length > 0) {
    return { admission: 'no', because: `lacking: ${listed(lacking)}${header}` }
  }
  const open = others.filter(({ required, met }) => required === 'yes' && met === 'unknown')
  if (open.length > 0) {
    return { admission: 'unknown', because: `no answer: ${listed(open)}${header}` }
  }
  const doubtful = others.filter(({ required, met }) => required === 'unknown' && met === 'no')
  if (doubtful.length > 0) {
    return {
      admission: 'unknown',
      because: `not known whether it gets on without: ${listed(doubtful)}${header}`,
    }
  }
  if (by === undefined) {
    return {
      admission: 'no',
      because: `no way to get a client ID that it is known to support${header}`,
    }
  }
  if (by !== 'given') return { admission: 'yes', because: ways[by] }
  return {
    admission: 'setup',
    because: `register a client by hand, allow its redirect URIs, and configure the client ID there${header}`,
  }
}

const sourcesOf = (client: KnownClient): readonly Source[] => {
  const { hosted, document, dynamic, given, exactResource, pkce, header } = client
  const facts = [hosted, document, dynamic, given, exactResource, pkce, header]
  const all = facts.flatMap(({ source }) => (source === undefined ? [] : [source]))
  return [...new Map(all.map((source) => [source.url, source])).values()]
}

const rowOf = (
  client: KnownClient,
  needs: readonly ClientNeed[],
  judged: Judged,
  registers: ClientRow['registers'],
): ClientRow => ({
  id: client.id,
  name: client.name,
  ...judged,
  needs,
  registers,
  redirects: client.redirects,
  sources: sourcesOf(client),
})

/** Without a login only the address can keep a client out. */
const openRow = (client: KnownClient, address: string): ClientRow => {
  const needs = addressNeed(address, client)
  const isOut = needs.some(({ met }) => met === 'no')
  return rowOf(
    client,
    needs,
    isOut
      ? { admission: 'no', because: `lacking: ${listed(needs)}` }
      : { admission: 'yes', because: 'the server asks for no login' },
    undefined,
  )
}

/**
 * For an MCP server, or an issuer as far as that decides. Empty where nothing was found that a client could
 * use. Says nothing about versions of clients that are older than the sources.
 */
export const admissionOf = (address: string, found: Found): readonly ClientRow[] => {
  const { as, server, checks, outcome } = found
  if (outcome.kind === 'open') return knownClients.map((client) => openRow(client, address))
  if (outcome.kind !== 'graded') return []
  const metadata = server?.metadata
  return knownClients.map((client) => {
    const by = metadata === undefined ? undefined : registersBy(client, waysOf(metadata))
    const needs = [
      ...(as === 'mcp' ? addressNeed(address, client) : []),
      ...needsOf(client, checks),
      ...(metadata === undefined ? [] : [clientIdNeed(client, by)]),
    ]
    return rowOf(client, needs, judge(client, needs, by), by)
  })
}
