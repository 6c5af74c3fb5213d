// What a string positively is by its form: markers of credentials that are no access token, and formats that no validator reads.
import { isJsonObject, parseJson } from '../../base/json.ts'
import { decodedToken, decodedWords } from './decoded-token.ts'
import { apiKeyPrefix, isApiKey } from './api-key-prefix.ts'

/** What the remedy depends on; the names are cases of in-wrong-kind. */
export type CredentialClass = 'key' | 'grant' | 'code' | 'scheme' | 'format' | 'decoded'

export interface CredentialSign {
  /** With its article, as it appears in a sentence. It may repeat the public marker of the kind, never more of the token. */
  readonly kind: string
  readonly class: CredentialClass
  /** False where other servers may well issue access tokens of this form: then it is a guess and leads no verdict. */
  readonly decisive: boolean
  /** The issuer whose access tokens these are: there the form says nothing against them. */
  readonly home?: RegExp
}

type Row = CredentialSign & { readonly fits: (text: string) => boolean }

const row = (
  form: RegExp | ((text: string) => boolean),
  kind: string,
  of: CredentialClass,
  more: Partial<Pick<CredentialSign, 'decisive' | 'home'>> = {},
): Row => ({
  fits: typeof form === 'function' ? form : (text) => form.test(text),
  kind,
  class: of,
  decisive: true,
  ...more,
})

const guess = { decisive: false } as const

/** More than any header carries: what is longer is refused for its size. */
const longestJson = 16 * 1024

const hasMembers =
  (...names: readonly string[]) =>
  (text: string): boolean => {
    if (text.length > longestJson || !/^\s*\{/.test(text)) return false
    const parsed = parseJson(text)
    if (!parsed.ok || !isJsonObject(parsed.value)) return false
    const { value } = parsed
    return names.every((name) => value[name] !== undefined)
  }

/** A user name and a password as the scheme Basic encodes them. */
const isUserAndPassword = (text: string): boolean =>
  text.length <= 300 &&
  /^[A-Za-z0-9+/]{8,}={0,2}$/.test(text) &&
  /^[\x21-\x39\x3b-\x7e]+:[\x20-\x7e]+$/.test(Buffer.from(text, 'base64').toString('latin1'))

/** The packets of libmacaroons: four hexadecimal digits of length, then the name of the field. */
const isMacaroon = (text: string): boolean =>
  /^MDA[A-Za-z0-9_+/-]{20}/.test(text) &&
  /^00[0-9a-f]{2}(?:location|identifier) /.test(
    Buffer.from(text.slice(0, 24), 'base64url').toString('latin1'),
  )

/** In the order of their strength: what comes earlier explains what comes later. */
const rows: readonly Row[] = [
  // what was pasted is no token of any kind
  row(/^-----BEGIN /, 'a PEM block (a key or a certificate)', 'key'),
  row(/^LS0tLS1CRUdJTi/, 'a PEM block (a key or a certificate)', 'key'),
  row(/^basic[ :]\s*[\w+/=-]+$/i, 'a user name with a password (Basic)', 'scheme'),
  row(
    /^(?:digest|negotiate|ntlm|aws4-hmac-sha256|ssws|hawk)\s/i,
    'a credential of another scheme',
    'scheme',
  ),
  row(/[?#&]code=[^&\s]/, 'the address of a redirect with an authorization code', 'code'),
  row(/^code=[^&\s]+(?:&|$)/, 'an authorization code', 'code'),
  row(/[?#&]access_token=[^&\s]/, 'an address with a token in it', 'grant'),
  row(/^https?:\/\//i, 'an address', 'scheme'),
  row(/^(?:set-)?cookie:/i, 'a cookie', 'scheme'),
  row(/^[\w.-]{1,80}=[^;\s]{1,4000};(?:\s|$)/, 'a cookie', 'scheme'),
  row(
    /^(?:JSESSIONID|PHPSESSID|ASP\.NET_SessionId|connect\.sid|sessionid|session|sid)=/i,
    'a cookie',
    'scheme',
  ),
  // formats of other protocols
  row(/^(?:PHNhbWw|PD94bWwgd|PEFzc2VydGlvbi|PFJlc3BvbnNl)/, 'a SAML assertion', 'format'),
  row(/^<(?:\?xml|saml|Assertion\b|samlp)/, 'a SAML assertion', 'format'),
  row(/^SAMLResponse=/, 'a SAML response', 'format'),
  row(/^ey[\w-]+\.[\w-]+\.[\w-]*~/, 'an SD-JWT', 'format'),
  row(/^v[1-4]\.(?:local|public)\./, `a PASETO`, 'format'),
  row(/^k[1-4]\.[a-z-]+\./, 'a PASERK key', 'key'),
  row(/^biscuit:/, 'a Biscuit', 'format'),
  row(isMacaroon, 'a macaroon', 'format'),
  row(hasMembers('payload', 'signatures'), 'a JWS in JSON serialization', 'format'),
  row(hasMembers('payload', 'signature'), 'a JWS in JSON serialization', 'format'),
  row(hasMembers('ciphertext'), 'a JWE in JSON serialization', 'format'),
  // refresh tokens and authorization codes: the neighbours of the access token in a login
  row(/^ghr_/, 'a GitHub refresh token (ghr_)', 'grant'),
  row(/^1\/\//, 'a Google refresh token', 'grant'),
  row(/^4\/0/, 'a Google authorization code', 'code'),
  row(/^ory_rt_/, 'an Ory refresh token (ory_rt_)', 'grant'),
  row(/^ory_ac_/, 'an Ory authorization code (ory_ac_)', 'code'),
  row(/^[01]\.A[A-Za-z0-9_-]{20,}\./, 'a Microsoft refresh token or authorization code', 'grant'),
  row(
    /^M\.[CR][A-Za-z0-9_]*\.?/,
    'a Microsoft authorization code or refresh token',
    'grant',
    guess,
  ),
  row(/^rt_[A-Za-z0-9]/, 'a refresh token', 'grant', guess),
  // access tokens of other services, for their own APIs
  row(/^ya29\./, 'a token for the Google APIs (ya29.)', 'key', {
    home: /^https:\/\/accounts\.google\.com/,
  }),
  row(/^gh[ous]_/, 'a token for the GitHub API', 'key', { home: /^https:\/\/github\.com/ }),
  row(/^xox[abeoprs]-/, 'a token for the Slack API', 'key'),
  row(/^xapp-/, 'a token for the Slack API (xapp-)', 'key'),
  row(/^EAA[A-Za-z0-9]{20,}$/, 'a token for the Meta APIs', 'key', guess),
  row(/^lin_(?:api|oauth)_/, 'a Linear token', 'key'),
  row(/^shp(?:at|ca|pa|ss|ua)_/, 'a Shopify token', 'key'),
  row(/^do[opr]_v1_/, 'a DigitalOcean token', 'key'),
  row(/^ory_pat_/, 'an Ory personal access token (ory_pat_)', 'key'),
  // personal access tokens
  row(/^ghp_/, 'a GitHub personal access token (ghp_)', 'key'),
  row(/^github_pat_/, 'a GitHub personal access token (github_pat_)', 'key'),
  row(/^glpat-/, 'a GitLab personal access token (glpat-)', 'key'),
  row(/^gl(?:dt|rt|cbt|ptt|ft|imt|agent|oas|soat)-/, 'a GitLab token', 'key'),
  row(/^(?:ATATT|ATCTT|ATBB)/, 'an Atlassian API token', 'key'),
  row(/^npm_[A-Za-z0-9]{20,}/, 'an npm token (npm_)', 'key'),
  row(/^pypi-/, 'a PyPI token (pypi-)', 'key'),
  row(/^dckr_(?:pat|oat)_/, 'a Docker access token', 'key'),
  row(/^hf_[A-Za-z0-9]{20,}/, 'a Hugging Face token (hf_)', 'key'),
  row(/^figd_/, 'a Figma personal access token (figd_)', 'key'),
  row(/^sbp_[0-9a-f]{20,}/, 'a Supabase access token (sbp_)', 'key'),
  row(/^pat[A-Za-z0-9]{14}\.[0-9a-f]{60,}/, 'an Airtable personal access token', 'key'),
  row(/^dapi[0-9a-f]{32}/, 'a Databricks personal access token', 'key'),
  row(/^(?:ntn_|secret_[A-Za-z0-9]{40,}$)/, 'a Notion token', 'key'),
  row(/^sntry[su]_/, 'a Sentry token', 'key'),
  row(/^dp\.(?:pt|st|sa)\./, 'a Doppler token', 'key'),
  // API keys, and secrets of clients
  row(isApiKey, `an API key of mcp-proxy (${apiKeyPrefix})`, 'key'),
  row(/^sk-ant-/, 'an Anthropic API key (sk-ant-)', 'key'),
  row(/^sk-or-v1-/, 'an OpenRouter API key (sk-or-)', 'key'),
  row(/^sk-(?:proj|svcacct|admin)-/, 'an OpenAI API key (sk-)', 'key'),
  row(/^sk-[A-Za-z0-9]{20,}/, 'an API key (sk-)', 'key'),
  row(/^sk-/, 'an API key', 'key', guess),
  row(/^rk_(?:live|test)_/, 'a Stripe API key', 'key'),
  row(/^[sp]k_(?:live|test)_/, 'an API key (of Stripe, Clerk or WorkOS)', 'key'),
  row(/^secret-(?:live|test)-/, 'a Stytch secret', 'key'),
  row(/^[0-9a-f]{32}\.access$/, 'the id of a Cloudflare Access service token', 'key'),
  row(/^whsec_/, 'a secret for webhooks (whsec_)', 'key'),
  row(/^AIza/, 'a Google API key (AIza)', 'key'),
  row(/^GOCSPX-/, 'a Google client secret (GOCSPX-)', 'key'),
  row(/^(?:AKIA|ASIA)[A-Z0-9]{12,}$/, 'an AWS access key id', 'key'),
  row(/^SG\.[A-Za-z0-9_-]{10,}\./, 'a SendGrid API key (SG.)', 'key'),
  row(/^hv[bsr]\./, 'a Vault token', 'key'),
  row(/^gsk_[A-Za-z0-9]{20,}/, 'a Groq API key (gsk_)', 'key'),
  row(/^(?:xai|pplx)-[A-Za-z0-9]{20,}/, 'an API key', 'key'),
  row(/^r8_[A-Za-z0-9]{20,}/, 'a Replicate API token (r8_)', 'key'),
  row(/^gl(?:sa|c)_/, 'a Grafana token', 'key'),
  row(/^NRAK-/, 'a New Relic API key (NRAK-)', 'key'),
  row(/^tskey-/, 'a Tailscale key (tskey-)', 'key'),
  row(/^key-[0-9a-f]{32}$/, 'a Mailgun API key', 'key'),
  row(/^SK[0-9a-f]{32}$/, 'a Twilio API key', 'key'),
  row(/^\d{8,10}:[\w-]{35}$/, 'a Telegram bot token', 'key'),
  row(/^[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,40}$/, 'a Discord bot token', 'key'),
  // last: the plainest of all forms
  row(isUserAndPassword, 'a user name with a password in base64', 'scheme', guess),
]

/** The strongest sign by the form alone; undefined where nothing gives the string away. */
export const credentialSign = (text: string): CredentialSign | undefined => {
  const decoded = decodedToken(text)
  return decoded === undefined
    ? rows.find(({ fits }) => fits(text))
    : { kind: decodedWords(decoded), class: 'decoded', decisive: true }
}

/**
 * What the string looks like, with its article; undefined for the access tokens of a known issuer. Some server may
 * issue access tokens of any form, so this refuses nothing: it only leads where a token is refused.
 */
export const credentialKind = (text: string): string | undefined => {
  const sign = credentialSign(text)
  return sign?.home === undefined ? sign?.kind : undefined
}
