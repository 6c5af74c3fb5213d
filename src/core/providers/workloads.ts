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
]

/** What a token of such an issuer is, with its article. */
export const workloadTokenOf = (iss: string): string | undefined =>
  iss.length > 500 ? undefined : kinds.find(([issuer]) => issuer.test(iss))?.[1]
