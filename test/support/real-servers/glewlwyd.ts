// Glewlwyd (C, a child process from a Debian package): JWTs that it can revoke, opaque refresh tokens, encrypted tokens.
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { exportJWK, generateKeyPair } from 'jose'
import { eventually, makeTempFolder, type TempFolder } from '../command-line.ts'
import { freePort } from '../free-port.ts'
import { addClient, addIssuer, addScope, addUser, signInAsAdmin } from './glewlwyd-admin.ts'
import {
  askForToken,
  audience,
  basic,
  machineGrant,
  otherAudience,
  postForm,
  scopes,
  type RealServer,
} from './real-server.ts'

export interface GlewlwydServer extends RealServer {
  /** The issuer of the token that expires; its keys are those of the other one. */
  readonly briefIssuer: string
  /** A good token as a JWE for its client. */
  readonly encrypted: string
  /** A client whose secret changes when it is form-encoded, and a good token of that client. */
  readonly oddClient: { readonly id: string; readonly secret: string }
  readonly ofAnotherClient: string
}

export const glewlwydIsInstalled = (): boolean =>
  spawnSync('glewlwyd', ['--version'], { stdio: 'ignore' }).error === undefined

const schemaFile = '/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3'

const configuration = (folder: string, port: number): string => `
port=${port}
bind_address="127.0.0.1"
external_url="http://127.0.0.1:${port}"
login_url="login.html"
api_prefix="api"
log_mode="console"
log_level="WARNING"
cookie_secure=0
session_expiration=3600
session_key="SESSION"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="/usr/lib/glewlwyd/user"
client_module_path="/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"
plugin_module_path="/usr/lib/glewlwyd/plugin"
hash_algorithm="SHA512"
database={ type="sqlite3"; path="${folder}/glewlwyd.db"; };
`

const createDatabase = async (folder: TempFolder): Promise<void> => {
  const run = promisify(execFile)('sqlite3', [`${folder.path}/glewlwyd.db`])
  run.child.stdin?.end(await readFile(schemaFile))
  await run
}

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'close')
  child.kill('SIGTERM')
  await closed
}

const launch = async (folder: TempFolder) => {
  const port = await freePort()
  const file = await folder.write('glewlwyd.conf', configuration(folder.path, port))
  const child = spawn('glewlwyd', [`--config-file=${file}`], { stdio: ['ignore', 'pipe', 'pipe'] })
  const orphaned = (): void => void child.kill('SIGKILL')
  process.once('exit', orphaned)
  child.once('close', () => process.off('exit', orphaned))
  let told = ''
  const append = (chunk: Buffer): void => {
    told += chunk.toString('utf8')
  }
  child.stdout.on('data', append)
  child.stderr.on('data', append)
  const api = `http://127.0.0.1:${port}/api`
  try {
    await eventually('Glewlwyd answers', async () => {
      if (child.exitCode !== null) throw new Error(`exit ${child.exitCode}: ${told}`)
      return (await fetch(`${api}/auth/`)).status
    })
  } catch (error) {
    await end(child)
    throw error
  }
  return { api, child }
}

const signingKeys = () =>
  Promise.all(
    ['RS256', 'ES256'].map(async (alg) => {
      const { privateKey } = await generateKeyPair(alg, { extractable: true })
      return { ...(await exportJWK(privateKey)), alg, use: 'sig', kid: `glewlwyd-${alg}` }
    }),
  )

const clients = {
  /** Asks for tokens, and introspects: Basic is read without form-decoding, so the secret is plain. */
  plain: { id: 'resource-server', secret: 'secret-of-a-test-client' },
  odd: { id: 'odd-secret', secret: 's3cret-with%odd+characters' },
  encrypted: { id: 'wants-encrypted', secret: 'secret-of-a-test-client' },
} as const
const user = { name: 'ada', password: 'only-for-tests' }

const setUp = async (api: string) => {
  const admin = await signInAsAdmin(api)
  const keys = await signingKeys()
  const { publicKey } = await generateKeyPair('ECDH-ES', { crv: 'P-256' })
  const encryptionKey = { ...(await exportJWK(publicKey)), kid: 'client-key', use: 'enc' }
  for (const scope of scopes) await addScope(admin, scope)
  const issuers = { lasting: `${api}/oidc`, brief: `${api}/brief` }
  await addIssuer(admin, 'oidc', { issuer: issuers.lasting, keys, lifetimeSeconds: 3600 })
  await addIssuer(admin, 'brief', { issuer: issuers.brief, keys, lifetimeSeconds: 1 })
  const grants = ['client_credentials']
  await addClient(admin, clients.plain.id, {
    secret: clients.plain.secret,
    grants: [...grants, 'password', 'refresh_token'],
  })
  await addClient(admin, clients.odd.id, { secret: clients.odd.secret, grants })
  await addClient(admin, clients.encrypted.id, {
    secret: clients.encrypted.secret,
    grants,
    more: {
      enc: 'A256GCM',
      alg: 'ECDH-ES',
      alg_kid: 'client-key',
      encrypt_at: '1',
      jwks: { keys: [encryptionKey] },
    },
  })
  await addUser(admin, user.name, user.password)
  return issuers
}

const refreshToken = async (issuer: string): Promise<string> => {
  const answer = await postForm(`${issuer}/token`, basic(clients.plain.id, clients.plain.secret), {
    grant_type: 'password',
    username: user.name,
    password: user.password,
    scope: scopes.join(' '),
  })
  return (JSON.parse(answer) as { refresh_token: string }).refresh_token
}

const askAs = (
  issuer: string,
  client: { readonly id: string; readonly secret: string },
  resource?: string,
): Promise<string> =>
  askForToken(`${issuer}/token`, basic(client.id, client.secret), machineGrant(resource))

const gather = async (api: string) => {
  const { lasting, brief } = await setUp(api)
  const ask = (issuer: string, resource?: string) => askAs(issuer, clients.plain, resource)
  const credentials = basic(clients.plain.id, clients.plain.secret)
  const revoked = await ask(lasting, audience)
  await postForm(`${lasting}/revoke`, credentials, { token: revoked })
  return {
    issuer: lasting,
    briefIssuer: brief,
    tokens: {
      good: await ask(lasting, audience),
      expired: await ask(brief, audience),
      elsewhere: await ask(lasting, otherAudience),
      aimless: await ask(lasting),
      opaque: await refreshToken(lasting),
      revoked,
    },
    encrypted: await askAs(lasting, clients.encrypted, audience),
    ofAnotherClient: await askAs(lasting, clients.odd, audience),
  }
}

export const startGlewlwyd = async (): Promise<GlewlwydServer> => {
  if (!glewlwydIsInstalled()) {
    throw new Error('glewlwyd is not installed: apt-get install glewlwyd dbconfig-sqlite3')
  }
  const folder = await makeTempFolder()
  let child: ChildProcess | undefined
  const close = async (): Promise<void> => {
    if (child !== undefined) await end(child)
    await folder.remove()
  }
  try {
    await createDatabase(folder)
    const launched = await launch(folder)
    ;({ child } = launched)
    return {
      name: 'glewlwyd',
      client: clients.plain,
      oddClient: clients.odd,
      ...(await gather(launched.api)),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
