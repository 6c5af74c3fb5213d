// Where logins are kept: one owner-only file for each, and one for each client that a server registered for us.
import { problemOf } from '../../problems/problem.ts'
import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { isJsonObject, parseJson } from '../../base/json.ts'
import { Secret } from '../../base/secret.ts'
import { usageError, UsageError } from '../../problems/usage-error.ts'
import type { ClientMemory } from '../../core/oauth-client/client.ts'
import { isSecretAuthMethod, type RegisteredClient } from '../../core/oauth-client/registration.ts'
import { ownerFolder, type OwnerFolder } from './owner-folder.ts'
import { readLogin, writtenLogin, type StoredLogin, type Unreadable } from './stored-login.ts'

export interface LoginStore {
  readonly folder: string
  /** Undefined where there is none of that name. Throws a UsageError for a file that cannot be used. */
  find(name: string): StoredLogin | undefined
  save(login: StoredLogin): void
  remove(name: string): boolean
  /** Every name, and what is wrong with those that cannot be read. */
  all(): readonly (readonly [name: string, login: StoredLogin | Unreadable])[]
  readonly clients: ClientMemory
  forgetClients(): number
  /** The files themselves, for claims on a refresh token. */
  readonly files: OwnerFolder
}

const validName = /^[a-z0-9][a-z0-9._-]{0,62}$/

/** A name becomes the name of a file; lower case alone, since some file systems know no other. */
export const checkName = (name: string): string => {
  if (validName.test(name)) return name
  throw usageError(problemOf('usage-flag', 'login-name'))
}

/** "https://mcp.example.com:8443/mcp" is mcp.example.com-8443. */
export const nameOf = (address: string): string => {
  const { hostname, port } = new URL(address)
  const host = hostname
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]/g, '-')
    .replace(/^-+/, '')
  return `${host.slice(0, 56)}${port === '' ? '' : `-${port}`}`
}

/** XDG Base Directory: state is what should live on, but is not worth carrying to another machine. */
export const stateFolder = (env: NodeJS.ProcessEnv): string => {
  const given = env['XDG_STATE_HOME'] ?? ''
  return join(isAbsolute(given) ? given : join(homedir(), '.local', 'state'), 'mcp-proxy')
}

const extension = '.json'

const isTextList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')

/** Undefined for what is damaged: the client is registered again. */
const readClient = (text: string): RegisteredClient | undefined => {
  const parsed = parseJson(text)
  if (!parsed.ok || !isJsonObject(parsed.value)) return undefined
  const { issuer, clientId, clientSecret, redirectUri, secretEndsAt, ...rest } = parsed.value
  const { method, grants, scopes } = rest
  if (typeof issuer !== 'string' || typeof clientId !== 'string') return undefined
  if (!isTextList(grants) || !isTextList(scopes) || !isSecretAuthMethod(method)) return undefined
  return {
    issuer,
    clientId,
    clientSecret: typeof clientSecret === 'string' ? new Secret(clientSecret) : undefined,
    method,
    redirectUri: typeof redirectUri === 'string' ? redirectUri : undefined,
    grants,
    scopes,
    secretEndsAt: typeof secretEndsAt === 'number' ? secretEndsAt : undefined,
  }
}

/** Issuers are URLs: their digest is a name that every file system takes. */
const clientFile = (issuer: string): string =>
  `${createHash('sha256').update(issuer).digest('hex').slice(0, 32)}${extension}`

const clientMemory = (files: OwnerFolder): ClientMemory => ({
  recall: (issuer) => {
    const client = readClient(files.read(clientFile(issuer)) ?? '')
    // Issuer-bound: a registration is never shown to another server.
    return client?.issuer === issuer ? client : undefined
  },
  keep: (client) => {
    const secret = client.clientSecret?.reveal()
    const text = JSON.stringify({ ...client, clientSecret: secret }, null, 2)
    files.write(clientFile(client.issuer), `${text}\n`)
  },
  forget: (issuer) => {
    files.remove(clientFile(issuer))
  },
})

export const openStore = (env: NodeJS.ProcessEnv): LoginStore => {
  const state = stateFolder(env)
  const root = ownerFolder(state)
  const files = ownerFolder(join(state, 'logins'))
  const clientFiles = ownerFolder(join(state, 'clients'))
  // A parent that others may write could be swapped under us.
  root.list()
  const read = (name: string): StoredLogin | Unreadable | undefined => {
    const text = files.read(`${name}${extension}`)
    return text === undefined ? undefined : readLogin(text, name)
  }
  /** For lists: one file that cannot be used does not hide the others. */
  const readable = (name: string): StoredLogin | Unreadable | undefined => {
    try {
      return read(name)
    } catch (error) {
      if (error instanceof UsageError) return { why: error.message }
      throw error
    }
  }
  return {
    folder: files.path,
    files,
    find: (name) => {
      const login = read(checkName(name))
      if (login === undefined || !('why' in login)) return login
      throw usageError(
        problemOf('login-store', 'entry', {
          file: `${join(files.path, name)}${extension}`,
          why: login.why,
          name,
        }),
      )
    },
    save: (login) => {
      files.write(`${checkName(login.name)}${extension}`, writtenLogin(login))
    },
    remove: (name) => files.remove(`${checkName(name)}${extension}`),
    all: () =>
      files
        .list()
        .filter((file) => file.endsWith(extension))
        .map((file) => file.slice(0, -extension.length))
        .filter((name) => validName.test(name))
        .sort()
        .flatMap((name) => {
          const login = readable(name)
          return login === undefined ? [] : [[name, login] as const]
        }),
    clients: clientMemory(clientFiles),
    forgetClients: () => clientFiles.list().filter((file) => clientFiles.remove(file)).length,
  }
}
