// The doors: the validator in this process, `validate --json` as a child, a live `serve` over HTTP, and one that gateways ask.
import { stringify } from 'smol-toml'
import { problemSpec } from '../../src/problems/problem.ts'
import { systemPorts } from '../../src/net/system-ports.ts'
import { authConfigSchema } from '../../src/core/auth-config/auth-config.ts'
import { createValidator } from '../../src/core/validator/create-validator.ts'
import { runCommandLine, startProxy, type TempFolder } from '../support/command-line.ts'
import { audience, staticToken, type Lab, type RealmName } from './promise-lab.ts'

/** What a door said about a token. */
export interface Answer {
  readonly outcome: 'accepted' | 'rejected' | 'undecided'
  readonly id: string | undefined
  readonly status: number
}

export interface OpenDoor {
  ask(token: string, proof?: string): Promise<Answer>
  /** Ends what was started; rejects when something was told that must not be. */
  close(): Promise<void>
}

export type Answers = Readonly<Record<'validator' | 'commandLine' | 'proxy' | 'verify', Answer>>

/** The doors under one configuration. */
export interface Doors {
  ask(token: string, proof?: string): Promise<Answers>
  close(): Promise<void>
}

/** What stands behind the doors: a configuration, and the secrets that its `${VAR}` name. */
export interface Setting {
  readonly name: string
  /** The `[auth]` section as a person writes it. */
  readonly auth: Readonly<Record<string, unknown>>
  readonly security?: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string>>
}

export const labEnvironment = (lab: Lab): Record<string, string> => ({
  LAB_CLIENT_SECRET: lab.clientSecret,
  LAB_REAL_SECRET: lab.real.clientSecret,
  LAB_STATIC_TOKEN: staticToken,
})

/** A placeholder may be quoted back; a credential may not. */
const repeats = (text: string, token: string): boolean => token.length > 24 && text.includes(token)

const outcomeOfStatus = (status: number): Answer['outcome'] => {
  if (status === 503) return 'undecided'
  return status >= 400 ? 'rejected' : 'accepted'
}

const expand = (value: unknown, env: Readonly<Record<string, string>>): unknown => {
  if (typeof value === 'string')
    return value.replace(/\$\{(\w+)\}/g, (_, name: string) => env[name]!)
  if (Array.isArray(value)) return value.map((item) => expand(item, env))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expand(item, env)]))
  }
  return value
}

const openValidator = async ({ auth, env }: Setting): Promise<OpenDoor> => {
  const gate = await createValidator(authConfigSchema.parse(expand(auth, env)), systemPorts())
  return {
    ask: async (token, proof) => {
      const verdict = await gate.validate(
        token,
        AbortSignal.timeout(20_000),
        proof === undefined
          ? undefined
          : { scheme: 'dpop', method: 'POST', url: audience, proofs: [proof] },
      )
      if (verdict.outcome === 'accepted') return { outcome: 'accepted', id: undefined, status: 200 }
      const { code } = verdict.problem
      return { outcome: verdict.outcome, id: code, status: problemSpec(code).http ?? 0 }
    },
    close: async () => gate.close(),
  }
}

// The backend is a door that nobody opens: whether it is up has no say in who may come in.
const behind = { backends: [{ name: 'closed', transport: 'http', url: 'http://127.0.0.1:9/mcp' }] }

const configText = ({ auth, security = {} }: Setting, rest: object): string =>
  stringify({
    proxy: { name: 'lab', public_url: audience, listen: { host: '127.0.0.1', port: 0 } },
    auth,
    security,
    ...rest,
  })

const writeConfig = (folder: TempFolder, setting: Setting): Promise<string> =>
  folder.write(`${setting.name}.toml`, configText(setting, behind))

/** A proxy that only verifies, and believes what the gateway on this machine says of the original request. */
const writeVerifyConfig = (folder: TempFolder, setting: Setting): Promise<string> => {
  const security = { trusted_proxies: ['127.0.0.1'], ...setting.security }
  return folder.write(
    `${setting.name}-verify.toml`,
    configText({ ...setting, security }, { verify: {} }),
  )
}

interface ValidateJson {
  readonly verdict: Answer['outcome']
  readonly problem?: { readonly code: string }
  readonly http: { readonly status: number }
}

const exitCodeOf = { accepted: 0, rejected: 1, undecided: 3 } as const

const openCommandLine = ({ env }: Setting, configFile: string): OpenDoor => ({
  ask: async (token, proof) => {
    const shown = proof === undefined ? [] : [`--dpop-proof=${proof}`]
    const { exitCode, stdout, stderr } = await runCommandLine(
      ['validate', '--json', '--config', configFile, ...shown, '-'],
      { stdin: token, env },
    )
    if (stdout.trim() === '') throw new Error(`exit ${exitCode}, no report: ${stderr}`)
    if (repeats(stdout + stderr, token)) throw new Error('the report repeats the token')
    const report = JSON.parse(stdout) as ValidateJson
    if (exitCode !== exitCodeOf[report.verdict]) {
      throw new Error(`exit ${exitCode} with ${stdout}`)
    }
    return { outcome: report.verdict, id: report.problem?.code, status: report.http.status }
  },
  close: () => Promise.resolve(),
})

const discover = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'server/discover',
  params: {
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
})

/** Calls the proxy as a stateless client does, with this token. */
export const knock = (url: string, token: string, proof?: string): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: {
      authorization: `${proof === undefined ? 'Bearer' : 'DPoP'} ${token}`,
      ...(proof === undefined ? {} : { dpop: proof }),
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'server/discover',
    },
    body: discover,
  })

/** Asks as a gateway does for a client that knocks like this. */
const inquire = (url: string, token: string, proof?: string): Promise<Response> =>
  fetch(url, {
    headers: {
      authorization: `${proof === undefined ? 'Bearer' : 'DPoP'} ${token}`,
      ...(proof === undefined ? {} : { dpop: proof }),
      'x-original-method': 'POST',
      'x-original-uri': new URL(audience).pathname,
    },
  })

const descriptionOf = (challenge: string): string | undefined =>
  /error_description="([a-z0-9-]+): /.exec(challenge)?.[1]

const openProxy = async (
  { env }: Setting,
  configFile: string,
  call: typeof knock,
): Promise<OpenDoor> => {
  const proxy = await startProxy(configFile, { env })
  const asked: string[] = []
  return {
    ask: async (token, proof) => {
      asked.push(token)
      const response = await call(proxy.url, token, proof)
      const { status } = response
      const body = await response.text()
      const challenge = response.headers.get('www-authenticate')
      if (status === 503) {
        if (response.headers.get('retry-after') === null) throw new Error('503 without Retry-After')
        if (challenge !== null) throw new Error(`503 with the challenge ${challenge}`)
        const answer = JSON.parse(body) as { error: { data?: { code?: string } } }
        return { outcome: 'undecided', id: answer.error.data?.code, status }
      }
      if (repeats(body, token)) throw new Error('the answer repeats the token')
      return { outcome: outcomeOfStatus(status), id: descriptionOf(challenge ?? ''), status }
    },
    close: async () => {
      await proxy.stop()
      const secrets = Object.values(env)
      if (
        asked.some((token) => repeats(proxy.log(), token)) ||
        secrets.some((secret) => proxy.log().includes(secret))
      ) {
        throw new Error('the log repeats a token or a secret')
      }
    },
  }
}

export const openDoorsTo = async (setting: Setting, folder: TempFolder): Promise<Doors> => {
  const [configFile, verifyFile] = [
    await writeConfig(folder, setting),
    await writeVerifyConfig(folder, setting),
  ]
  const [validator, proxy, verify] = await Promise.all([
    openValidator(setting),
    openProxy(setting, configFile, knock),
    openProxy(setting, verifyFile, inquire),
  ])
  const commandLine = openCommandLine(setting, configFile)
  return {
    ask: async (token, proof) => {
      const [first, second, third, fourth] = await Promise.all([
        validator.ask(token, proof),
        commandLine.ask(token, proof),
        proxy.ask(token, proof),
        verify.ask(token, proof),
      ])
      return { validator: first, commandLine: second, proxy: third, verify: fourth }
    },
    close: async () => {
      await Promise.all([validator, commandLine, proxy, verify].map((door) => door.close()))
    },
  }
}

export const openDoors = (lab: Lab, folder: TempFolder, name: RealmName): Promise<Doors> =>
  openDoorsTo({ name, ...lab.realms[name], env: labEnvironment(lab) }, folder)
