// The section listen: whether the address of the proxy can be had, or whether a proxy has it already.
import { createServer } from 'node:net'
import { isLoopbackHost } from '../../net/address.ts'
import { exchange } from '../../net/exchange.ts'
import { isJsonObject, parseJson } from '../../base/json.ts'
import { problemOf } from '../../problems/problem.ts'
import type { Ports } from '../../base/ports.ts'
import { fail, pass, warn, type Check } from '../../core/verdict/check.ts'
import { listenTrouble, ownOrigin } from '../../server/http/listen.ts'
import { circuitChecks } from './circuits.ts'
import type { Fact, ReportSection } from './section.ts'
import type { DoctorContext } from './world.ts'

/** Binds and releases: undefined where it can be had. */
const bindTrouble = (host: string, port: number): Promise<NodeJS.ErrnoException | undefined> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve(error))
    server.listen({ host: host.replace(/^\[(.*)\]$/, '$1'), port }, () => {
      server.close(() => resolve(undefined))
    })
  })

export interface OwnProxy {
  /** As /ready tells it: "ready", "not ready", "draining". */
  readonly status: string
  readonly problems: readonly string[]
}

/** Whether what answers at an origin is a proxy of ours: its /ready has a shape of its own. */
export const ownProxyAt = async (
  origin: string,
  ports: Ports,
  signal: AbortSignal,
): Promise<OwnProxy | undefined> => {
  const answer = await exchange(
    { url: `${origin}/ready`, headers: { accept: 'application/json' }, signal },
    ports,
    { allowHttp: true },
  )
  const parsed = parseJson(answer.body ?? '')
  const body = parsed.ok && isJsonObject(parsed.value) ? parsed.value : {}
  const { status, problems } = body
  return typeof status === 'string' && Array.isArray(problems)
    ? { status, problems: problems.filter((code) => typeof code === 'string') }
    : undefined
}

type Here = Pick<DoctorContext, 'loaded' | 'ports' | 'signal'>

const openListener = ({ loaded }: Here, address: string): Check => {
  const { auth, proxy } = loaded.config
  return auth.type !== 'none' || isLoopbackHost(proxy.listen.host)
    ? pass('config-open-listener')
    : warn(problemOf('config-open-listener', { address }))
}

export const listener = async (world: Here): Promise<ReportSection> => {
  const { host, port } = world.loaded.config.proxy.listen
  const address = `${host}:${port}`
  const section = 'listen'
  const open = openListener(world, address)
  const trouble = await bindTrouble(host, port)
  if (trouble === undefined) {
    const summary = port === 0 ? `${host}, a free port` : `${address} is free`
    return { section, summary, checks: [pass('config-listen', summary), open] }
  }
  const origin = ownOrigin(world.loaded.config, world.ports.clock.now())
  const own =
    trouble.code === 'EADDRINUSE' ? await ownProxyAt(origin, world.ports, world.signal) : undefined
  if (own === undefined) {
    const why = listenTrouble(trouble)
    const said = fail(problemOf('config-listen', { address, why }))
    return { section, summary: `${address}: ${why}`, checks: [said, open] }
  }
  const facts: Fact[] = own.problems.map((code) => ['not ready', code])
  const summary = `${address}: a proxy runs there (${own.status})`
  const token = world.loaded.config.security.admin_token
  const circuits = await circuitChecks(
    { origin, token, flag: '--proxy' },
    world.ports,
    world.signal,
  )
  return { section, summary, facts, checks: [pass('config-listen', summary), open, ...circuits] }
}
