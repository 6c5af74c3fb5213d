// A whole small world for the doctor: a real issuer, real MCP servers, a configuration that names them, and its runs.
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { startAuthorizationServer, type AuthorizationServer } from './authorization-server.ts'
import { makeTempFolder, type TempFolder } from './command-line.ts'
import { startHttpServer, stdioServer, type HttpServer } from './mcp-servers.ts'
import { createRecorder, type Recorder } from './reports.ts'

/** A port of loopback that nobody has now. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

export interface DoctorCheck {
  readonly id: string
  readonly status: string
  readonly severity: string
  readonly message: string | null
  readonly hint: string | null
}

export interface DoctorSection {
  readonly section: string
  readonly subject: string | null
  readonly state: string
  readonly summary: string
  readonly facts: readonly { readonly name: string; readonly text: string }[]
  readonly checks: readonly DoctorCheck[]
  readonly open: readonly DoctorCheck[]
}

export interface Examined {
  readonly exitCode: number
  readonly verdict: string
  readonly sections: readonly DoctorSection[]
  readonly next: readonly string[]
  /** Ids of what failed or warned, from medium on: a small issuer cannot help the rest. And of what stayed open. */
  readonly found: readonly string[]
  readonly open: readonly string[]
  section(name: string, subject?: string): DoctorSection
}

/** A table of `proxy.toml`; undefined leaves a key out. */
export type Table = Readonly<Record<string, unknown>>

export interface World {
  readonly proxy?: Table
  readonly listen?: Table
  readonly auth?: Table
  readonly backends?: readonly Table[]
  readonly more?: string
}

const value = (of: unknown): string =>
  Array.isArray(of)
    ? `[${of.map(value).join(', ')}]`
    : typeof of === 'object' && of !== null
      ? `{ ${Object.entries(of)
          .map(([key, member]) => `${key} = ${value(member)}`)
          .join(', ')} }`
      : JSON.stringify(of)

const lines = (table: Table): string =>
  Object.entries(table)
    .filter(([, of]) => of !== undefined)
    .map(([key, of]) => `${key} = ${value(of)}`)
    .join('\n')

export const writeConfig = ({ proxy, listen, auth, backends = [], more = '' }: World): string =>
  [
    `[proxy]\n${lines({ name: 'desk', ...proxy })}`,
    `[proxy.listen]\n${lines({ port: 0, ...listen })}`,
    ...(auth === undefined ? [] : [`[auth]\n${lines(auth)}`]),
    ...backends.map((backend) => `[[backends]]\n${lines(backend)}`),
    more,
  ].join('\n\n')

export interface DoctorLab {
  readonly issuer: AuthorizationServer
  readonly http: HttpServer
  readonly folder: TempFolder
  readonly recorder: Recorder
  readonly env: Readonly<Record<string, string>>
  /** [auth] with everything right. */
  readonly auth: Table
  /** A stdio backend that works, and one over HTTP. */
  readonly stdio: Table
  readonly remote: Table
  write(world: World): Promise<string>
  /** Runs doctor with --json on what `world` writes. */
  examine(
    world: World,
    options?: {
      readonly args?: readonly string[]
      readonly env?: Readonly<Record<string, string>>
    },
  ): Promise<Examined>
  close(): Promise<void>
}

/** How fast this machine is today is nobody's finding. */
const timed = ['backend-slow', 'intro-latency']

const told = (sections: readonly DoctorSection[]): readonly string[] => [
  ...new Set(
    sections
      .flatMap(({ checks }) => checks)
      .filter(({ status, severity }) => /fail|warn/.test(status) && !/info|low/.test(severity))
      .map(({ id }) => id)
      .filter((id) => !timed.includes(id)),
  ),
]

const examinedFrom = (exitCode: number, report: Record<string, unknown>): Examined => {
  const sections = report['sections'] as readonly DoctorSection[]
  return {
    exitCode,
    verdict: report['verdict'] as string,
    sections,
    next: report['next'] as readonly string[],
    found: told(sections),
    open: [...new Set(sections.flatMap(({ open }) => open).map(({ id }) => id))],
    section: (name, subject) => {
      const found = sections.find(
        (one) => one.section === name && (subject === undefined || one.subject === subject),
      )
      if (found === undefined) throw new Error(`there is no section ${name}`)
      return found
    },
  }
}

export const openDoctorLab = async (): Promise<DoctorLab> => {
  const [issuer, http, folder] = await Promise.all([
    startAuthorizationServer(),
    startHttpServer('legacy'),
    makeTempFolder(),
  ])
  const recorder = createRecorder()
  const env = { OAUTH_CLIENT_SECRET: issuer.clientSecret }
  const { command, args } = stdioServer('dual')
  const write = (world: World): Promise<string> => folder.write('proxy.toml', writeConfig(world))
  return {
    issuer,
    http,
    folder,
    recorder,
    env,
    auth: {
      type: 'oauth',
      issuer: issuer.issuer,
      token_validation: 'both',
      client_id: issuer.clientId,
      client_secret: '${OAUTH_CLIENT_SECRET}',
    },
    stdio: { name: 'files', transport: 'stdio', command, args },
    remote: { name: 'notes', transport: 'http', url: http.url },
    write,
    examine: async (world, options = {}) => {
      const file = await write(world)
      const { exitCode, report } = await recorder.report(
        'doctor',
        ['doctor', '--config', file, ...(options.args ?? [])],
        { cwd: folder.path, env: { ...env, ...options.env } },
      )
      return examinedFrom(exitCode, report)
    },
    close: async () => {
      await Promise.all([issuer.close(), http.close()])
      await folder.remove()
    },
  }
}
