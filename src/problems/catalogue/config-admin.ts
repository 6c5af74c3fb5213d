// The keys of [security] about the admin surface.
import { says, type Texts } from './spec.ts'

export const adminValues = {
  'admin-token': says(
    ({ key }: Texts<'key'>) => `${key}: is also accepted from callers`,
    { key: 'security.admin_token' },
    'use a token of its own for administration',
  ),
  'admin-token-source': says(
    ({ key }: Texts<'key'>) => `${key}: needs either "token" or "sha256", not both`,
    { key: 'security.admin_tokens[0]' },
    'set token = "${VAR}", or sha256 to the digest of the token: printf %s "$TOKEN" | sha256sum',
  ),
  'admin-token-name': says(
    ({ key, name }: Texts<'key' | 'name'>) => `${key}: another admin token is named "${name}"`,
    { key: 'security.admin_tokens[1].name', name: 'deploy' },
    'give each token a name of its own: the log names the holder by it',
  ),
} as const
