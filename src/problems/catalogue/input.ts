// What was handed over, before it is read as a token.
import { advice, refused } from './outcomes.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const input = { group: 'input', ...refused } as const

const repair = { group: 'input', ...advice } as const

export const inputProblems = {
  'in-empty': {
    ...input,
    severity: 'fatal',
    refuses: 'always',
    title: 'the token is empty',
    says: says(({ source }: Texts<'source'>) => `No token: ${source} is empty`, {
      source: 'TOKEN',
    }),
    hint: 'check the variable, the file or the pipe that should contain the token',
    spec: 'RFC 6750 section 2.1',
  },
  'in-bearer-prefix': {
    ...repair,
    severity: 'low',
    title: 'the token was pasted with its scheme or with other text',
    cases: {
      scheme: says(({ prefix }: Texts<'prefix'>) => `Stripped a pasted "${prefix}"`, {
        prefix: 'Bearer',
      }),
      text: states(
        'Took the token out of the text around it',
        'paste the bare token, without the command or the file that it was in',
      ),
    },
    hint: 'paste the bare token: a doubled prefix on the wire is rejected',
    spec: 'RFC 6750 section 2.1',
  },
  'in-quotes': {
    ...repair,
    severity: 'low',
    title: 'the token was pasted with quotes',
    says: states('Stripped quotes around the token'),
    hint: 'print it without quotes, for example with `jq -r`',
    spec: '',
  },
  'in-whitespace': {
    ...repair,
    severity: 'medium',
    title: 'the token was pasted with white space',
    says: says(({ n }: Texts<'n'>) => `Removed ${n} white-space characters from the token`, {
      n: 3,
    }),
    hint: 'copy the token without wrapping; take the newline out of the secret file',
    spec: 'RFC 6750 section 2.1',
  },
  'in-url-encoded': {
    ...repair,
    severity: 'medium',
    title: 'the token was URL-encoded',
    says: states('Decoded a URL-encoded token'),
    hint: 'decode it once before use, and do not send tokens in URLs',
    spec: 'RFC 6750 section 5.3',
  },
  'in-json-envelope': {
    ...repair,
    severity: 'low',
    title: 'a whole token response was pasted',
    cases: {
      alone: states('Took access_token from the pasted response'),
      others: says(
        ({ ignored }: Texts<'ignored'>) =>
          `Took access_token from the pasted response; its ${ignored} was ignored`,
        { ignored: 'refresh_token' },
        'pass the access token alone: the other tokens of the response are not for this server',
      ),
    },
    hint: 'pass the access token alone, for example with `jq -r .access_token`',
    spec: 'RFC 6749 section 5.1',
  },
  'in-unexpanded-variable': {
    ...input,
    severity: 'fatal',
    refuses: 'always',
    title: 'a placeholder was sent instead of a token',
    says: says(
      ({ placeholder }: Texts<'placeholder'>) => `${placeholder} is a placeholder, not a token`,
      { placeholder: '$TOKEN' },
    ),
    hint: 'export the variable, and use double quotes so that the shell expands it',
    spec: '',
  },
  'in-truncated': {
    ...input,
    severity: 'fatal',
    refuses: 'always',
    title: 'the token was cut',
    cases: {
      ellipsis: states(
        'The token was cut: it contains an ellipsis',
        'print the token in full: the program that displayed it shortened it',
      ),
      json: says(
        ({ n }: Texts<'n'>) => `The token was cut: the JSON around it ends after ${n} characters`,
        { n: 1024 },
      ),
      parts: says(
        ({ parts, wanted, n }: Texts<'parts' | 'wanted' | 'n'>) =>
          `The token was cut: ${parts} of ${wanted} parts, ${n} characters`,
        { parts: 2, wanted: 3, n: 512 },
      ),
      signature: says(
        ({ n, wanted }: Texts<'n' | 'wanted'>) =>
          `The token was cut: the signature has ${n} of ${wanted} bytes`,
        { n: 180, wanted: 256 },
      ),
    },
    hint: 'copy the whole token: terminals, logs and length limits shorten it',
    spec: 'RFC 7515 section 7.1',
  },
  'in-non-ascii': {
    ...input,
    severity: 'fatal',
    refuses: 'always',
    title: 'the token contains a character that no token may contain',
    cases: {
      foreign: says(
        ({ hex, pos, what }: Texts<'hex' | 'pos' | 'what'>) =>
          `U+${hex} at position ${pos}${what} cannot appear in a bearer token`,
        { hex: '2026', pos: 40, what: ' (a horizontal ellipsis)' },
      ),
      invisible: says(
        ({ n, names }: { readonly n: number; readonly names: string }) =>
          `Removed ${n} invisible character${n === 1 ? '' : 's'} (${names})`,
        { n: 1, names: 'U+200B' },
        'copy the token again from its source: rich text added the characters',
      ),
    },
    hint: 'copy the token again from its source, as plain text',
    spec: 'RFC 6750 section 2.1',
  },
  'in-wrong-kind': {
    ...input,
    severity: 'high',
    refuses: 'configured',
    title: 'the token is another kind of credential',
    cases: {
      looks: says(({ kind }: Texts<'kind'>) => `Looks like ${kind}, not an access token`, {
        kind: 'a refresh token',
      }),
      key: says(
        ({ kind, issuer }: Texts<'kind' | 'issuer'>) =>
          `This is ${kind}, not an access token of ${issuer}`,
        { kind: 'a GitHub personal access token (ghp_)', issuer: '"https://id.example.com"' },
        ({ issuer }) => `log in at ${issuer} and send the access token that it issues`,
      ),
      grant: says(({ kind }: Texts<'kind'>) => `This is ${kind}, not an access token`, {
        kind: 'a GitHub refresh token (ghr_)',
      }),
      code: says(
        ({ kind }: Texts<'kind'>) => `This is ${kind}, not an access token`,
        { kind: 'the address of a redirect with an authorization code' },
        'exchange the code at the token endpoint and send the access_token of its answer; mcp-proxy login does both',
      ),
      scheme: says(
        ({ kind, issuer }: Texts<'kind' | 'issuer'>) =>
          `This is ${kind}, not an access token of ${issuer}`,
        { kind: 'a user name with a password (Basic)', issuer: '"https://id.example.com"' },
        ({ issuer }) =>
          `send an access token of ${issuer} as "Authorization: Bearer <token>": passwords, cookies and addresses are not accepted`,
      ),
      decoded: says(
        ({ kind }: Texts<'kind'>) => `This is ${kind}, not the token itself`,
        { kind: 'the decoded payload of a JWT (iss "https://id.example.com")' },
        'paste the token itself (three parts joined by dots, beginning with eyJ): decoded JSON has no signature to verify',
      ),
      format: says(
        ({ kind, issuer }: Texts<'kind' | 'issuer'>) =>
          `This is ${kind}, not an access token of ${issuer}`,
        { kind: 'a SAML assertion', issuer: '"https://id.example.com"' },
        ({ issuer }) =>
          `send an access token of ${issuer} in compact form (RFC 7519): no other format is read here`,
      ),
    },
    hint: 'use the access_token field of the token response',
    spec: 'RFC 6750 section 2.1, RFC 9700',
  },
  'in-size': {
    ...input,
    severity: 'medium',
    refuses: 'always',
    title: 'the token is too large',
    cases: {
      refused: says(
        ({ n }: Texts<'n'>) => `${n} bytes: more than the 16 KiB that are accepted here`,
        { n: 17_012 },
      ),
      proxies: says(
        ({ n }: Texts<'n'>) => `${n} bytes: more than the 8 KiB at which many proxies stop`,
        { n: 9011 },
      ),
      near: says(({ n }: Texts<'n'>) => `${n} bytes: many proxies stop at 8 KiB`, { n: 5020 }),
    },
    hint: 'put fewer groups or roles into the token, or use reference tokens',
    spec: 'RFC 9110 section 5.4',
  },
  'token-unknown': {
    ...input,
    severity: 'fatal',
    refuses: 'configured',
    title: 'the token is not one of the configured ones',
    says: says(
      ({ fingerprint, n }: Texts<'fingerprint' | 'n'>) =>
        `Token ${fingerprint} is not one of the ${n} configured ones`,
      { fingerprint: '3f9a1c02', n: 2 },
    ),
    hint: 'send a token that is listed in auth.tokens, or add this one there',
    spec: 'RFC 6750 section 3.1',
  },
} as const satisfies Record<string, ProblemSpec>
