// What lets people and command lines log in at the authorization server of the tests: clients, flows, its own pages.

export interface LoginRealm {
  /** RFC 7591; default: on. */
  readonly registration?: boolean
  /** RFC 8628; default: on. */
  readonly device?: boolean
  /** Client ID metadata documents that the server can read, by their URL. */
  readonly documents?: Readonly<Record<string, unknown>>
  /** RFC 9126: only pushed authorization requests are taken. */
  readonly pushed?: boolean
  /** The public key of a client that signs assertions (private_key_jwt). */
  readonly signerKey?: Readonly<Record<string, unknown>>
  /** How long access tokens for a resource live; default: as the server has it. */
  readonly lifetimeSeconds?: number
}

/** Registered beforehand; the secret needs form-encoding (RFC 6749 section 2.3.1). */
export const loginClients = {
  person: { id: 'person-cli' },
  machine: { id: 'machine-cli', secret: 'machine:s%cret+of the tests' },
  signer: { id: 'signer-cli' },
  keeper: { id: 'keeper-cli', secret: 'keeper-secret-of-the-tests' },
} as const

const redirectUri = 'http://127.0.0.1/callback'

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'

const native = {
  application_type: 'native',
  redirect_uris: [redirectUri],
  response_types: ['code'],
}

const clients = [
  {
    ...native,
    client_id: loginClients.person.id,
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token', deviceGrant],
  },
  {
    client_id: loginClients.machine.id,
    client_secret: loginClients.machine.secret,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  },
  {
    ...native,
    client_id: loginClients.keeper.id,
    client_secret: loginClients.keeper.secret,
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['authorization_code', 'refresh_token'],
  },
]

const readFrom = (documents: Readonly<Record<string, unknown>>) => async (url: string | URL) => {
  const document = documents[String(url)]
  return document === undefined
    ? new Response('not found', { status: 404 })
    : Response.json(document, { headers: { 'cache-control': 'no-store' } })
}

const signer = (key: Readonly<Record<string, unknown>>) => ({
  client_id: loginClients.signer.id,
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys: [key] },
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
})

const withoutDevice = (client: (typeof clients)[number]) => ({
  ...client,
  grant_types: client.grant_types.filter((grant) => grant !== deviceGrant),
})

/** Pieces of the configuration of oidc-provider. */
export const loginRealm = ({
  registration = true,
  device = true,
  documents,
  pushed = false,
  signerKey,
  lifetimeSeconds,
}: LoginRealm) => ({
  scopes: ['offline_access'],
  clients: [
    ...(device ? clients : clients.map(withoutDevice)),
    ...(signerKey === undefined ? [] : [signer(signerKey)]),
  ],
  features: {
    deviceFlow: { enabled: device },
    registration: { enabled: registration },
    pushedAuthorizationRequests: { enabled: pushed, requirePushedAuthorizationRequests: pushed },
    ...(documents === undefined
      ? {}
      : { clientIdMetadataDocument: { enabled: true, ack: 'draft-02' } }),
  },
  settings: {
    ...(documents === undefined ? {} : { fetch: readFrom(documents) }),
    pkce: { required: () => true },
  },
  token: lifetimeSeconds === undefined ? {} : { accessTokenTTL: lifetimeSeconds },
})
