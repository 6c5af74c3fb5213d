// From the answers to the text of a configuration: every line with its reason.
import { isLoopbackHost } from '../../net/address.ts'
import type { BackendValues } from '../../config/clients/entry.ts'
import type { LeftOut } from '../../config/clients/reading.ts'
import { tomlText, type TomlLine, type TomlTable } from '../../config/toml-text.ts'
import { shellWord } from '../terminal/shell-word.ts'
import type { Choice } from './choice.ts'
import type { OfferedMethod, Strategy } from './propose.ts'

export interface ClientAnswers {
  readonly id: Choice<string>
  readonly auth: Choice<OfferedMethod>
}

export type AuthAnswers =
  | { readonly type: 'none' }
  | { readonly type: 'bearer'; readonly variables: Choice<readonly string[]> }
  | {
      readonly type: 'oauth'
      readonly issuer: Choice<string>
      readonly strategy: Choice<Strategy>
      readonly client: ClientAnswers | undefined
      readonly audience: Choice<readonly string[]>
      readonly scopes: Choice<readonly string[]>
      readonly allowHttp: boolean
    }

export interface BackendAnswer {
  readonly values: BackendValues
  /** Its name where it was found. */
  readonly was: string
  /** The client and the file, or "as given". */
  readonly source: string
  readonly leftOut: readonly LeftOut[]
  readonly notes: readonly string[]
}

export interface Answers {
  readonly name: Choice<string>
  readonly publicUrl: Choice<string>
  readonly host: Choice<string>
  readonly port: Choice<number>
  readonly auth: AuthAnswers
  readonly backends: readonly BackendAnswer[]
}

export const secretVariable = 'OAUTH_CLIENT_SECRET'
export const keyVariable = 'OAUTH_CLIENT_KEY'

/** What the proxy takes for its own address where the file does not say it. */
export const listenerUrl = ({ host, port }: Answers): string =>
  `http://${host.value}:${String(port.value)}/mcp`

const proxyLines = (answers: Answers): TomlLine[] => {
  const { name, publicUrl, auth } = answers
  const implied = auth.type !== 'oauth' && publicUrl.value === listenerUrl(answers)
  return [
    { key: 'name', value: name.value, why: 'what clients see in the server info' },
    ...(implied
      ? []
      : [
          {
            key: 'public_url',
            value: publicUrl.value,
            why: 'the one address that clients use: resource, challenge and default audience',
          },
        ]),
  ]
}

const listenLines = ({ host, port, auth }: Answers): TomlLine[] => [
  {
    key: 'host',
    value: host.value,
    why:
      auth.type === 'none'
        ? 'this machine only: no token is required'
        : isLoopbackHost(host.value)
          ? 'this machine only; 0.0.0.0 lets others in'
          : host.why,
  },
  { key: 'port', value: port.value },
]

const credentialLine = ({ auth }: ClientAnswers): TomlLine[] => {
  if (auth.value === 'none') return []
  return auth.value === 'private_key_jwt'
    ? [
        {
          key: 'client_key',
          value: `\${${keyVariable}}`,
          why: 'private key of the client (PEM or JWK), or a file path',
        },
      ]
    : [
        {
          key: 'client_secret',
          value: `\${${secretVariable}}`,
          why: 'from the environment, never in this file',
        },
      ]
}

const authLines = (auth: AuthAnswers, publicUrl: string): TomlLine[] => {
  if (auth.type === 'none') return []
  if (auth.type === 'bearer') {
    return [
      { key: 'type', value: 'bearer', why: 'a few static tokens instead of an issuer' },
      {
        key: 'tokens',
        value: auth.variables.value.map((name) => `\${${name}}`),
        why: 'from the environment, never in this file',
      },
    ]
  }
  const { issuer, strategy, client, audience, scopes, allowHttp } = auth
  const isDefault = audience.value.length === 1 && audience.value[0] === publicUrl
  return [
    { key: 'type', value: 'oauth' },
    { key: 'issuer', value: issuer.value, why: 'exactly as in the iss claim' },
    { key: 'token_validation', value: strategy.value, why: strategy.why },
    ...(isDefault
      ? []
      : [{ key: 'audience', value: audience.value, why: 'expected aud of tokens' }]),
    ...(client === undefined
      ? []
      : [
          {
            key: 'client_id',
            value: client.id.value,
            why: 'our client at the issuer, for introspection',
          },
          ...credentialLine(client),
          ...(client.auth.value === 'client_secret_basic'
            ? []
            : [{ key: 'client_auth', value: client.auth.value, why: client.auth.why }]),
        ]),
    ...(scopes.value.length === 0
      ? []
      : [
          {
            key: 'required_scopes',
            value: scopes.value,
            why: scopes.from === 'proposal' ? scopes.why : 'every token needs them',
          },
        ]),
    ...(allowHttp
      ? [{ key: 'allow_http', value: true, why: 'as given: plain http beyond loopback' }]
      : []),
  ]
}

const authTable = ({ auth, publicUrl }: Answers): TomlTable[] => {
  const lines = authLines(auth, publicUrl.value)
  if (lines.length === 0) return []
  const implied =
    auth.type === 'oauth' && auth.audience.value.join() === publicUrl.value
      ? ['Tokens must have public_url in aud; set audience to expect another value.']
      : []
  return [{ header: '[auth]', about: implied, lines }]
}

const recordTable = (name: string, values: Readonly<Record<string, string>>): TomlTable[] => {
  const lines = Object.entries(values).map(([key, value]) => ({ key, value }))
  return lines.length === 0 ? [] : [{ header: `[backends.${name}]`, lines }]
}

const backendTables = (
  { values, was, source, leftOut }: BackendAnswer,
  index: number,
): TomlTable[] => {
  const { name, transport, command, args, env = {}, cwd, url } = values
  const { bearer_token: token, headers = {} } = values
  const renamed = was === name ? '' : `, called ${JSON.stringify(was)} there`
  const about = [
    `From ${source}${renamed}.`,
    ...(leftOut.length === 0 ? [] : [`Left out: ${leftOut.map(({ key }) => key).join(', ')}.`]),
  ]
  const lines: TomlLine[] = [
    {
      key: 'name',
      value: name,
      why: index === 0 ? `its tools appear as ${name}__<tool>` : undefined,
    },
    { key: 'transport', value: transport },
    ...(command === undefined ? [] : [{ key: 'command', value: command }]),
    ...(args === undefined ? [] : [{ key: 'args', value: args }]),
    ...(cwd === undefined ? [] : [{ key: 'cwd', value: cwd }]),
    ...(url === undefined ? [] : [{ key: 'url', value: url }]),
    ...(token === undefined
      ? []
      : [{ key: 'bearer_token', value: token, why: 'credential sent to this backend' }]),
  ]
  return [
    { header: '[[backends]]', about, lines },
    ...recordTable('env', env),
    ...recordTable('headers', headers),
  ]
}

/** `file`: how it will be called. */
export const draftText = (answers: Answers, file: string): string => {
  const serve = `mcp-proxy serve${file === 'proxy.toml' ? '' : ` --config ${shellWord(file)}`}`
  return tomlText(
    [
      'Written by mcp-proxy init. Secrets come from the environment: ${NAME}.',
      `  ${serve} --check   # checks this file, opens nothing`,
      `  ${serve}`,
    ],
    [
      { header: '[proxy]', lines: proxyLines(answers) },
      { header: '[proxy.listen]', lines: listenLines(answers) },
      ...authTable(answers),
      ...answers.backends.flatMap(backendTables),
    ],
  )
}
