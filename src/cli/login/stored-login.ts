// One stored login as it stands in its file, written and read back without trust in what is there.
import { isJsonObject, parseJson, type JsonObject } from '../../base/json.ts'
import { Secret } from '../../base/secret.ts'
import {
  clientAuthMethods,
  type ClientAuthMethod,
} from '../../core/client/client-authentication.ts'
import type { ClientSource } from '../../core/oauth-client/client.ts'

export type Flow = 'code' | 'device' | 'client_credentials'

/** How the client proves itself later. A secret that the operator keeps stays where he keeps it. */
export interface StoredClient {
  readonly id: string
  readonly from: ClientSource
  readonly method: ClientAuthMethod
  /** Of a registration of our own; nobody else has it. */
  readonly secret: Secret | undefined
  readonly secretFile: string | undefined
  readonly keyFile: string | undefined
  readonly certFile: string | undefined
  readonly certKeyFile: string | undefined
}

export interface StoredLogin {
  readonly name: string
  /** What `login` was called with. */
  readonly address: string
  readonly issuer: string
  readonly flow: Flow
  readonly resource: string | undefined
  readonly scopes: readonly string[]
  readonly client: StoredClient
  readonly tokenEndpoint: string
  readonly revocationEndpoint: string | undefined
  readonly allowHttp: boolean
  readonly allowPrivate: boolean
  readonly accessToken: Secret
  readonly refreshToken: Secret | undefined
  /** Milliseconds since 1970. */
  readonly obtainedAt: number
  /** Undefined where the server did not say it. */
  readonly expiresAt: number | undefined
}

const version = 1

/** The one place where a stored secret becomes text. */
export const writtenLogin = (login: StoredLogin): string => {
  const { client, accessToken, refreshToken } = login
  return `${JSON.stringify(
    {
      version,
      ...login,
      client: { ...client, secret: client.secret?.reveal() },
      accessToken: accessToken.reveal(),
      refreshToken: refreshToken?.reveal(),
    },
    null,
    2,
  )}\n`
}

const flows = ['code', 'device', 'client_credentials'] as const satisfies readonly Flow[]

const clientSources = [
  'pre-registered',
  'metadata-document',
  'remembered',
  'registered',
] as const satisfies readonly ClientSource[]

/** The dates that there are: 100 million days from 1970. */
const latestTime = 8.64e15

/** Reads members of the expected type; what is missing is named by its path. */
const reader = (document: JsonObject, missing: string[], prefix = '') => {
  const text = (name: string): string => {
    const value = document[name]
    if (typeof value === 'string' && value !== '') return value
    missing.push(`${prefix}${name}`)
    return ''
  }
  return {
    text,
    url: (name: string): string => {
      const value = text(name)
      if (value !== '' && !/^https?:/i.test(URL.canParse(value) ? new URL(value).protocol : '')) {
        missing.push(`${prefix}${name}`)
      }
      return value
    },
    oneOf: <Word extends string>(name: string, words: readonly [Word, ...Word[]]): Word => {
      const value = text(name)
      const word = words.find((one) => one === value)
      if (word === undefined && value !== '') missing.push(`${prefix}${name}`)
      return word ?? words[0]
    },
    maybe: (name: string) => (document[name] === undefined ? undefined : text(name)),
    secret: (name: string) => {
      const value = document[name] === undefined ? undefined : text(name)
      return value === undefined ? undefined : new Secret(value)
    },
    flag: (name: string) => document[name] === true,
    time: (name: string) => {
      const value = document[name]
      if (value === undefined) return undefined
      if (typeof value === 'number' && Math.abs(value) <= latestTime) return value
      missing.push(`${prefix}${name}`)
      return undefined
    },
    texts: (name: string) => {
      const value = document[name]
      if (Array.isArray(value) && value.every((item) => typeof item === 'string')) {
        return value as readonly string[]
      }
      missing.push(`${prefix}${name}`)
      return []
    },
  }
}

/** What is wrong with the file, in words that hold nothing of it. */
export interface Unreadable {
  readonly why: string
}

export const readLogin = (text: string, name: string): StoredLogin | Unreadable => {
  const parsed = parseJson(text)
  if (!parsed.ok) return { why: `is not JSON: ${parsed.reason}` }
  const document = parsed.value
  if (!isJsonObject(document)) return { why: 'is no stored login' }
  if (document['version'] !== version) return { why: 'was written by another version of mcp-proxy' }
  const missing: string[] = []
  const at = reader(document, missing)
  const inner = document['client']
  const client = reader(isJsonObject(inner) ? inner : {}, missing, 'client.')
  const flow = at.oneOf('flow', flows)
  const login: StoredLogin = {
    name,
    address: at.url('address'),
    issuer: at.url('issuer'),
    flow,
    resource: at.maybe('resource'),
    scopes: at.texts('scopes'),
    client: {
      id: client.text('id'),
      from: client.oneOf('from', clientSources),
      method: client.oneOf<ClientAuthMethod>('method', clientAuthMethods),
      secret: client.secret('secret'),
      secretFile: client.maybe('secretFile'),
      keyFile: client.maybe('keyFile'),
      certFile: client.maybe('certFile'),
      certKeyFile: client.maybe('certKeyFile'),
    },
    tokenEndpoint: at.url('tokenEndpoint'),
    revocationEndpoint:
      document['revocationEndpoint'] === undefined ? undefined : at.url('revocationEndpoint'),
    allowHttp: at.flag('allowHttp'),
    allowPrivate: at.flag('allowPrivate'),
    accessToken: new Secret(at.text('accessToken')),
    refreshToken: at.secret('refreshToken'),
    obtainedAt: at.time('obtainedAt') ?? 0,
    expiresAt: at.time('expiresAt'),
  }
  return missing.length === 0 ? login : { why: `lacks ${missing.join(', ')}` }
}
