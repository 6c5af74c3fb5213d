// Tokens that a platform gives to its own workloads and users, for purposes of its own: by their issuer.

const kinds: readonly (readonly [issuer: RegExp, kind: string])[] = [
  [
    /^https:\/\/token\.actions\.githubusercontent\.com(?:\/|$)/,
    'an OIDC token of a GitHub Actions job',
  ],
  [/^https:\/\/gitlab\.com$/, 'an ID token of GitLab'],
  [/^https:\/\/oidc\.circleci\.com\//, 'an OIDC token of a CircleCI job'],
  [/^https:\/\/agent\.buildkite\.com$/, 'an OIDC token of a Buildkite job'],
  [/^https:\/\/app\.terraform\.io$/, 'a workload token of HCP Terraform'],
  [/^https:\/\/oidc\.vercel\.com(?:\/|$)/, 'an OIDC token of a Vercel deployment'],
  [
    /^(?:https:\/\/kubernetes\.default\.svc|kubernetes\/serviceaccount$)/,
    'a token of a Kubernetes service account',
  ],
  [
    /^https:\/\/oidc\.eks\.[\w-]+\.amazonaws\.com\//,
    'a token of a Kubernetes service account (EKS)',
  ],
  [/^https:\/\/container\.googleapis\.com\//, 'a token of a Kubernetes service account (GKE)'],
  [/^(?:https:\/\/)?accounts\.google\.com$/, 'an ID token of Google'],
  [/^https:\/\/securetoken\.google\.com\//, 'an ID token of Firebase'],
  [/^https:\/\/appleid\.apple\.com$/, 'an ID token of Apple'],
  [/^https:\/\/[\w-]+\.cloudflareaccess\.com$/, 'a session token of Cloudflare Access'],
  [/^supabase(?:-demo)?$/, 'a Supabase API key'],
  [/^[\w.-]+@[\w.-]+\.gserviceaccount\.com$/, 'a JWT that a Google service account signed itself'],
]

const longestIssuer = 500

/** RFC 7523 section 3: a client is issuer and subject of what it proves itself with. An access token has an issuer with a URL. */
const isAssertion = (iss: string, sub: unknown): boolean => iss === sub && !URL.canParse(iss)

/** What a token of such an issuer is, with its article. */
export const workloadTokenOf = (iss: string, sub: unknown): string | undefined => {
  if (iss.length > longestIssuer) return undefined
  const known = kinds.find(([issuer]) => issuer.test(iss))?.[1]
  return known ?? (isAssertion(iss, sub) ? 'a client assertion (RFC 7523)' : undefined)
}
