// What the schema of one key refuses.
import { says, type Texts } from './spec.ts'

const addIt = ({ what }: Texts<'what'>): string => `add it: ${what}`

export const schemaCases = {
  invalid: says(({ key, why }: Texts<'key' | 'why'>) => `${key}: ${why}`, {
    key: 'auth.jwks_uri',
    why: 'applies only with token_validation = "jwt"',
  }),
  'invalid-absent': says(
    ({ key, why }: Texts<'key' | 'why' | 'what'>) => `${key}: ${why}`,
    {
      key: 'auth.client_id',
      why: 'is required with introspection_response = "jwt"',
      what: 'Our client at the issuer',
    },
    addIt,
  ),
  required: says(({ key }: Texts<'key'>) => `${key}: is required`, { key: 'auth.type' }),
  'required-described': says(
    ({ key }: Texts<'key' | 'what'>) => `${key}: is required`,
    { key: 'auth.issuer', what: 'Exactly as it is written in iss' },
    addIt,
  ),
  kind: says(
    ({ key, expected, found }: Texts<'key' | 'expected' | 'found'>) =>
      `${key}: must be ${expected}, not ${found}`,
    { key: 'proxy.name', expected: 'a string', found: 'a table' },
  ),
  'kind-variable': says(
    ({ key, expected, found }: Texts<'key' | 'expected' | 'found'>) =>
      `${key}: must be ${expected}, not ${found}`,
    { key: 'proxy.listen.port', expected: 'a whole number', found: 'a string' },
    'a variable always gives a string; write the value itself',
  ),
  'kind-quotes': says(
    ({ key, expected, found }: Texts<'key' | 'expected' | 'found'>) =>
      `${key}: must be ${expected}, not ${found}`,
    { key: 'proxy.listen.port', expected: 'a whole number', found: 'a string' },
    'write it without quotes',
  ),
  'kind-list': says(
    ({ key, found }: Texts<'key' | 'found'>) => `${key}: must be a list, not ${found}`,
    { key: 'auth.audience', found: 'a string' },
    'put it in [ ]',
  ),
  kinds: says(
    ({ key, kinds }: Texts<'key' | 'kinds'>) => `${key}: must be ${kinds}, none of it empty`,
    { key: 'auth.audience', kinds: 'a string or a list of strings' },
  ),
  'one-of': says(({ key, allowed }: Texts<'key' | 'allowed'>) => `${key}: must be ${allowed}`, {
    key: 'auth.profile',
    allowed: '"strict" or "usual"',
  }),
  'one-of-absent': says(
    ({ key, allowed }: Texts<'key' | 'allowed'>) => `${key}: is required; it must be ${allowed}`,
    { key: 'auth.type', allowed: '"none", "bearer", "keys", "jwt" or "oauth"' },
  ),
  'one-of-similar': says(
    ({ key, allowed }: Texts<'key' | 'allowed' | 'meant'>) => `${key}: must be ${allowed}`,
    { key: 'auth.type', allowed: '"none", "bearer", "keys", "jwt" or "oauth"', meant: '"oauth"' },
    ({ meant }) => `did you mean ${meant}?`,
  ),
  empty: says(({ key }: Texts<'key'>) => `${key}: must not be empty`, { key: 'proxy.name' }),
  length: says(
    ({ key, bound, limit }: Texts<'key' | 'bound' | 'limit'>) =>
      `${key}: must have ${bound} ${limit} characters`,
    { key: 'proxy.name', bound: 'at most', limit: 64 },
  ),
  entries: says(
    ({ key, bound, limit }: Texts<'key' | 'bound' | 'limit'>) =>
      `${key}: needs ${bound} ${limit} ${Number(limit) === 1 ? 'entry' : 'entries'}`,
    { key: 'auth.tokens', bound: 'at least', limit: 1 },
  ),
  range: says(
    ({ key, bound, limit }: Texts<'key' | 'bound' | 'limit'>) =>
      `${key}: must be ${bound} ${limit}`,
    { key: 'proxy.listen.port', bound: 'at most', limit: 65_535 },
  ),
  'range-open': says(
    ({ key, bound, limit }: Texts<'key' | 'bound' | 'limit'>) =>
      `${key}: must be ${bound} than ${limit}`,
    { key: 'limits.rate', bound: 'more', limit: 0 },
  ),
  url: says(
    ({ key }: Texts<'key'>) => `${key}: must be an absolute URL`,
    { key: 'proxy.public_url' },
    'begin it with https:// (http:// on this machine)',
  ),
} as const
