// What `init` found, chose and wrote, as its JSON report says it.
import { hintOf, type ProblemCode } from '../../problems/problem.ts'
import type { UsageProblem } from '../../problems/usage-error.ts'
import type { Variable } from '../../config/clients/variables.ts'
import { variablesOf } from '../../config/placeholders.ts'
import { placeOf } from '../command/failure.ts'
import { problemReport, type ProblemReport } from '../../core/verdict/checks-report.ts'
import { shellWord } from '../terminal/shell-word.ts'
import type { Choice } from './choice.ts'
import type { Backends, FileReport } from './decide-backends.ts'
import { keyVariable, secretVariable, type Answers, type BackendAnswer } from './draft.ts'
import type { EnvFileReport, VariableReport } from './env-file.ts'
import type { Facts } from './facts.ts'
import type { ClientReport } from './point-clients.ts'
import { factLines } from './propose.ts'

export interface InitReport {
  readonly schema_version: 1
  readonly command: 'init'
  /**
   * `printed`: the configuration is in `text` alone. `undecided`: the address did not let us tell.
   * `connected`: the configuration was there, clients were pointed at it. `restored`: the file of a client is as before.
   */
  readonly verdict: 'written' | 'printed' | 'undecided' | 'connected' | 'restored'
  readonly file: string | null
  readonly text: string
  readonly found: {
    /** What the network said of the address that was given; null where none was asked. */
    readonly address: string | null
    readonly issuer: string | null
    readonly provider: string | null
    readonly lines: readonly string[]
    /** What keeps tokens from being judged. */
    readonly problem: ProblemReport | null
    /** The files of other clients that were read. */
    readonly files: readonly FileReport[]
  }
  readonly choices: readonly {
    readonly key: string
    readonly value: string | number | readonly string[]
    readonly why: string
    readonly from: Choice<unknown>['from']
  }[]
  readonly backends: readonly {
    readonly name: string
    readonly was: string
    readonly source: string
    readonly transport: BackendAnswer['values']['transport']
    readonly left_out: BackendAnswer['leftOut']
    readonly notes: readonly string[]
  }[]
  readonly skipped: readonly {
    readonly name: string
    readonly source: string
    readonly code: ProblemCode
    readonly case: string | null
    readonly why: string
    readonly hint: string
  }[]
  readonly variables: readonly VariableReport[]
  /** The .env file, where it was written. */
  readonly env_file: EnvFileReport | null
  /** Clients that were found, and what was done with their files. */
  readonly clients: readonly ClientReport[]
  readonly warnings: readonly { readonly code: string; readonly message: string }[]
  readonly next: readonly string[]
}

type Line = InitReport['choices'][number]

const line = (key: string, { value, why, from }: Choice<Line['value']>): Line => ({
  key,
  value,
  why,
  from,
})

const authLines = ({ auth }: Answers, typeFrom: Line['from']): Line[] => {
  if (auth.type === 'none') {
    const why = 'no token is required; loopback only'
    return [{ key: 'auth.type', value: 'none', why, from: typeFrom }]
  }
  if (auth.type === 'bearer') return [line('auth.tokens', auth.variables)]
  const { issuer, strategy, audience, scopes, client } = auth
  return [
    line('auth.issuer', issuer),
    line('auth.token_validation', strategy),
    line('auth.audience', audience),
    line('auth.required_scopes', scopes),
    ...(client === undefined
      ? []
      : [line('auth.client_id', client.id), line('auth.client_auth', client.auth)]),
  ]
}

/** What is known of the variables that no import has named. */
const ownVariables: Readonly<Record<string, readonly [usedBy: string, hint: string]>> = {
  [secretVariable]: ['auth.client_secret', 'the secret of the client at the issuer'],
  [keyVariable]: ['auth.client_key', 'the private key of the client: PEM, JWK, or a file'],
}

export const variableReports = (
  text: string,
  known: readonly Variable[],
  env: NodeJS.ProcessEnv,
): InitReport['variables'] =>
  variablesOf(text).map((name) => {
    const [usedBy = 'auth.tokens', hint = 'a random token, such as from: openssl rand -hex 32'] =
      ownVariables[name] ?? []
    const variable = known.find((one) => one.name === name)
    return {
      name,
      used_by: variable?.usedBy ?? [usedBy],
      hint:
        variable === undefined
          ? hint
          : variable.stood
            ? 'its value is in the file that was read'
            : variable.was === undefined
              ? null
              : `${variable.was} there`,
      is_set: (env[name] ?? '') !== '',
    }
  })

const foundOf = (facts: Facts | undefined, files: readonly FileReport[]): InitReport['found'] => ({
  address: facts?.address ?? null,
  issuer: facts?.issuer ?? null,
  provider: facts?.provider ?? null,
  lines: facts === undefined ? [] : factLines(facts),
  problem: facts?.problem === undefined ? null : problemReport(facts.problem),
  files,
})

const nothing = {
  schema_version: 1,
  command: 'init',
  text: '',
  found: foundOf(undefined, []),
  choices: [],
  backends: [],
  skipped: [],
  variables: [],
  env_file: null,
  clients: [],
  warnings: [],
  next: [],
} as const

/** The configuration was there already. */
export const connectedReport = (
  file: string,
  done: Pick<InitReport, 'variables' | 'env_file' | 'clients'>,
): InitReport => ({ ...nothing, ...done, verdict: 'connected', file, next: nextFor(file, done) })

export const restoredReport = (client: ClientReport): InitReport => ({
  ...nothing,
  verdict: 'restored',
  file: client.file,
  clients: [client],
})

/** Nothing was written: what the address gave is not enough to propose anything. */
export const undecidedReport = (facts: Facts): InitReport => ({
  ...nothing,
  verdict: 'undecided',
  file: null,
  found: foundOf(facts, []),
  next: [`mcp-proxy discover ${shellWord(facts.address)}`],
})

const nextFor = (
  file: string,
  { env_file: envFile }: Pick<InitReport, 'env_file'>,
): readonly string[] => {
  const serve = `mcp-proxy serve${file === 'proxy.toml' ? '' : ` --config ${shellWord(file)}`}`
  const source =
    envFile === null ? '' : /^[./]/.test(envFile.file) ? envFile.file : `./${envFile.file}`
  return [
    ...(envFile === null
      ? []
      : [`set -a; . ${shellWord(source.startsWith('.env') ? `./${source}` : source)}; set +a`]),
    `${serve} --check`,
    serve,
  ]
}

interface Outcome {
  readonly answers: Answers
  readonly backends: Backends
  readonly facts: Facts | undefined
  readonly typeFrom: Line['from']
  readonly text: string
  readonly written: boolean
  readonly file: string
  readonly warnings: readonly UsageProblem[]
  readonly variables: InitReport['variables']
  readonly envFile: EnvFileReport | null
  readonly clients: readonly ClientReport[]
}

export const initReport = (outcome: Outcome): InitReport => {
  const { answers, backends, facts, typeFrom, text, written, file, warnings } = outcome
  const { variables, envFile, clients } = outcome
  return {
    schema_version: 1,
    command: 'init',
    verdict: written ? 'written' : 'printed',
    file: written ? file : null,
    text,
    found: foundOf(facts, backends.files),
    choices: [
      ...authLines(answers, typeFrom),
      line('proxy.public_url', answers.publicUrl),
      line('proxy.listen.host', answers.host),
      line('proxy.listen.port', answers.port),
      line('proxy.name', answers.name),
    ],
    backends: answers.backends.map(({ values, was, source, leftOut, notes }) => ({
      name: values.name,
      was,
      source,
      transport: values.transport,
      left_out: leftOut,
      notes,
    })),
    skipped: backends.skipped.map(({ name, source, problem }) => ({
      name,
      source,
      code: problem.code,
      case: problem.case ?? null,
      why: problem.detail,
      hint: hintOf(problem),
    })),
    variables,
    env_file: envFile,
    clients,
    warnings: warnings.map((warning) => ({
      code: warning.code,
      message: `${placeOf(warning)}${warning.message}`,
    })),
    next: written ? nextFor(file, { env_file: envFile }) : [],
  }
}
