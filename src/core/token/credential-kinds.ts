// What kind of credential a string is by the look of it: prefixes by which providers mark what is no access token.

const kinds: readonly (readonly [pattern: RegExp, kind: string])[] = [
  // refresh tokens and authorization codes: the neighbours of the access token in a login
  [/^ghr_/, 'a GitHub refresh token'],
  [/^1\/\//, 'a Google refresh token'],
  [/^4\/0/, 'a Google authorization code'],
  [/^ory_rt_/, 'an Ory refresh token'],
  [/^ory_ac_/, 'an Ory authorization code'],
  [/^[01]\.A[A-Za-z0-9_-]{20,}\./, 'a Microsoft refresh token or authorization code'],
  [/^M\.[CR][A-Za-z0-9_]*\.?/, 'a Microsoft authorization code or refresh token'],
  [/^rt_[A-Za-z0-9]/, 'a refresh token'],
  // personal access tokens
  [/^(?:ghp_|github_pat_)/, 'a GitHub personal access token'],
  [/^glpat-/, 'a GitLab personal access token'],
  [/^(?:ATATT|ATCTT)/, 'an Atlassian API token'],
  [/^npm_[A-Za-z0-9]{20,}/, 'an npm token'],
  [/^pypi-/, 'a PyPI token'],
  [/^dckr_pat_/, 'a Docker personal access token'],
  [/^hf_[A-Za-z0-9]{20,}/, 'a Hugging Face token'],
  [/^ory_pat_/, 'an Ory personal access token'],
  // API keys and secrets of clients
  [/^(?:sk|rk|pk)_(?:live|test)_/, 'an API key'],
  [/^sk-/, 'an API key'],
  [/^AIza/, 'an API key'],
  [/^GOCSPX-/, 'a Google client secret'],
  [/^(?:AKIA|ASIA)[A-Z0-9]{12,}$/, 'an AWS access key id'],
  [/^SG\.[A-Za-z0-9_-]{10,}\./, 'an API key'],
  [/^xox[abeoprs]-/, 'a Slack token'],
  [/^xapp-/, 'a Slack token'],
  [/^hvs\./, 'a Vault token'],
  [/^PHNhbWw/, 'a SAML assertion'],
  [/^-----BEGIN /, 'a PEM block (a key or a certificate)'],
  [/^LS0tLS1CRUdJTi/, 'a PEM block (a key or a certificate)'],
]

/**
 * The kind, with its article; undefined where nothing gives it away. By the look alone: some server may
 * well issue access tokens that look like this, so nobody is refused by it.
 */
export const credentialKind = (text: string): string | undefined =>
  kinds.find(([pattern]) => pattern.test(text))?.[1]
