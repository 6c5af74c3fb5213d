// RFC 8693 for the real oidc-provider of tests: registered as a grant of its own by the public API of the provider. Client
// authentication, resource indicators, signatures and lifetimes are those of the provider; what is ours is which token may be
// exchanged by whom.
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose'
import { errors, type GrantContext, type Provider } from 'oidc-provider'

const grantType = 'urn:ietf:params:oauth:grant-type:token-exchange'
const accessToken = 'urn:ietf:params:oauth:token-type:access_token'
const { InvalidRequest, InvalidTarget, AccessDenied } = errors

export const exchangeGrant = grantType

export interface ExchangeRules {
  readonly issuer: string
  readonly keys: () => JSONWebKeySet
  /** What the tokens that are shown for exchange were issued for: only their receiver may exchange them. */
  readonly audience: string
  readonly resourceServer: (resource: string) => Readonly<Record<string, unknown>>
  /** Subjects for which a policy denies the exchange. */
  readonly denied: ReadonlySet<string>
}

/** Without the private members. */
const publicKeys = ({ keys }: JSONWebKeySet): JSONWebKeySet => ({
  keys: keys.map(({ d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...rest }) => rest),
})

const verified = async (token: string, rules: ExchangeRules): Promise<JWTPayload> => {
  try {
    const { issuer, audience } = rules
    const { payload } = await jwtVerify(token, createLocalJWKSet(publicKeys(rules.keys())), {
      issuer,
      audience,
    })
    return payload
  } catch {
    throw new InvalidRequest('the subject token is not one that this server issued to the client')
  }
}

export const registerTokenExchange = (provider: Provider, rules: ExchangeRules): void => {
  const handle = async (context: GrantContext): Promise<void> => {
    const { params, client } = context.oidc
    if (params['subject_token'] === undefined || params['subject_token_type'] !== accessToken) {
      throw new InvalidRequest('subject_token and subject_token_type are required')
    }
    const { resource } = params
    if (resource === undefined) throw new InvalidTarget('resource is required')
    const { sub = '', scope } = await verified(params['subject_token'], rules)
    if (rules.denied.has(sub)) throw new AccessDenied('the policy denies it to this subject')
    const token = new provider.AccessToken({ client, accountId: sub })
    token.resourceServer = new provider.ResourceServer(resource, rules.resourceServer(resource))
    token.scope = typeof scope === 'string' ? scope : undefined
    context.body = {
      access_token: await token.save(),
      issued_token_type: accessToken,
      token_type: token.tokenType,
      expires_in: token.expiration,
      scope: token.scope,
    }
  }
  provider.registerGrantType(grantType, handle, [
    'subject_token',
    'subject_token_type',
    'requested_token_type',
    'audience',
    'resource',
    'scope',
  ])
}
