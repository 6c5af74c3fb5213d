// The section network: each host that the configuration leads to, its addresses and its certificate.
import { isLoopbackHost, reachOf, refusedAddress, type Reach } from '../../net/address.ts'
import { forwardProxies, type ForwardProxy } from '../../net/forward-proxy.ts'
import { problemOf } from '../../problems/problem.ts'
import type { PeerLook } from '../../net/peer-certificate.ts'
import { resolveHost, type Resolution } from '../../net/resolve.ts'
import { checkServerCertificates } from '../../core/investigation/certificate-check.ts'
import { fail, pass, skip, type Check, type FailedCheck } from '../../core/verdict/check.ts'
import type { ExaminedIssuer } from './issuer-examination.ts'
import { plural, type Fact, type ReportSection } from './section.ts'
import type { DoctorContext } from './world.ts'

interface Target {
  readonly origin: string
  readonly host: string
  readonly port: number
  readonly secure: boolean
  /** What it is used for. */
  readonly roles: readonly string[]
  /** `public`: only documents of others lead there, and these may not lead into private networks. */
  readonly reach: Reach
}

interface Use {
  readonly role: string
  readonly url: string | undefined
  readonly reach: Reach
}

const named = (role: string, url: string | undefined): Use => ({ role, url, reach: 'private' })

const issuerUses = ({ settings, server }: ExaminedIssuer): Use[] => {
  const { issuer, jwksUri, introspectionEndpoint, allowPrivate } = settings
  const { metadata } = server
  const learned = (role: string, url: string | undefined): Use[] =>
    url === undefined ? [] : [{ role, url, reach: reachOf(url, [issuer], allowPrivate) }]
  return [
    named('issuer', issuer),
    ...(jwksUri === undefined ? learned('jwks_uri', metadata?.jwks_uri) : [named('keys', jwksUri)]),
    ...(introspectionEndpoint === undefined
      ? learned('introspection_endpoint', metadata?.introspection_endpoint)
      : [named('introspection', introspectionEndpoint)]),
    ...learned('authorization_endpoint', metadata?.authorization_endpoint),
    ...learned('token_endpoint', metadata?.token_endpoint),
  ]
}

const usesOf = async ({ loaded, issuers }: DoctorContext): Promise<readonly Use[]> => {
  const { backends, proxy } = loaded.config
  return [
    ...(await issuers()).flatMap(issuerUses),
    ...backends.map(({ name, url }) => named(`backend ${name}`, url)),
    named('public_url', proxy.public_url),
  ]
}

const targetsOf = (uses: readonly Use[]): readonly Target[] => {
  const found = new Map<string, Target>()
  for (const { role, url: text, reach } of uses) {
    // WebSocket is reached as HTTP is.
    const asked = text?.replace(/^ws(s?:)/i, 'http$1')
    const url = asked !== undefined && URL.canParse(asked) ? new URL(asked) : undefined
    if (url === undefined || !/^https?:$/.test(url.protocol)) continue
    const secure = url.protocol === 'https:'
    const known = found.get(url.origin)
    const roles = known?.roles ?? []
    found.set(url.origin, {
      origin: url.origin,
      host: url.hostname,
      port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
      secure,
      roles: roles.includes(role) ? roles : [...roles, role],
      reach: known?.reach === 'private' ? 'private' : reach,
    })
  }
  return [...found.values()]
}

const resolutionChecks = (host: string, found: Resolution): Check[] => {
  if ('why' in found) {
    return [
      fail(problemOf('net-dns', found.missing ? 'missing' : 'silent', { host, why: found.why })),
    ]
  }
  const forbidden = found.addresses.find(({ kind }) => kind === 'forbidden')
  return [
    pass('net-dns'),
    forbidden === undefined
      ? pass('net-address')
      : fail(problemOf('net-address', { host, address: forbidden.address })),
  ]
}

/** RFC 9728 section 7.7: the proxy does not follow documents of others into private networks. */
const reachChecks = ({ roles, reach }: Target, found: Resolution): Check[] => {
  const inside =
    'why' in found
      ? undefined
      : found.addresses.find(
          ({ address, kind }) =>
            kind !== 'forbidden' && refusedAddress(address, reach) !== undefined,
        )
  if (inside === undefined) return []
  const field = roles.join(', ')
  return [fail(problemOf('asm-private-host', 'private', { field, address: inside.address }))]
}

const addressText = (found: Resolution): string => {
  if ('why' in found) return found.why
  const [first] = found.addresses
  const more = found.addresses.length > 1 ? ` and ${found.addresses.length - 1} more` : ''
  return first === undefined ? 'no address' : `${first.address}${more} (${first.kind})`
}

interface Asked {
  readonly checks: readonly Check[]
  readonly open: readonly FailedCheck[]
}

/** Who cannot be reached at all is told by the section that asks there. */
export const tlsChecks = (
  { origin, host }: Pick<Target, 'origin' | 'host'>,
  look: PeerLook | undefined,
  now: number,
): Asked => {
  if (look === undefined) return { checks: [], open: [] }
  if (!('why' in look) || look.end === 'other') {
    return { checks: checkServerCertificates([{ origin, seen: look }], now), open: [] }
  }
  const silent = fail(problemOf('net-tls', 'silent', { host, why: look.why }))
  return { checks: [], open: look.end === 'silent' ? [silent] : [] }
}

const tlsText = ({ secure }: Target, look: PeerLook | undefined, { checks }: Asked): string => {
  if (!secure) return 'plain http'
  if (look === undefined) return 'not looked at'
  if ('why' in look) return look.why
  const texts = checks.flatMap((check) =>
    'message' in check && check.message !== undefined ? [check] : [],
  )
  const flaw = texts.find(({ status }) => status === 'fail')
  const until = texts.find(({ id }) => id === 'net-certificate')?.message
  return flaw?.message ?? [look.protocol, `certificate ${until ?? ''}`].join(', ')
}

const examineTarget = async (target: Target, world: DoctorContext): Promise<ReportSection> => {
  const { origin, host, port, secure, roles, reach } = target
  const { clock } = world.ports
  const found = await resolveHost(host, { clock })
  const allowed =
    'why' in found
      ? []
      : found.addresses.filter(({ address }) => refusedAddress(address, reach) === undefined)
  const look =
    secure && allowed.length > 0
      ? await world.lookAtCertificate(origin, { reach, signal: world.signal })
      : undefined
  const resolved = resolutionChecks(host, found)
  // A name server that does not answer leaves open what a name that does not exist settles.
  const open = 'why' in found && !found.missing ? (resolved as readonly FailedCheck[]) : []
  const tls = tlsChecks(target, look, clock.now())
  const facts: Fact[] = [
    ['used for', roles.join(', ')],
    ...('why' in found
      ? []
      : found.addresses.map(({ address, kind }): Fact => ['address', `${address} (${kind})`])),
  ]
  return {
    section: 'network',
    subject: `${host}:${port}`,
    summary: [
      addressText(found),
      ...(allowed.length === 0 ? [] : [tlsText(target, look, tls)]),
    ].join(', '),
    facts,
    checks: [...(open.length > 0 ? [] : resolved), ...reachChecks(target, found), ...tls.checks],
    open: [...open, ...tls.open],
  }
}

/** The proxy resolves the name and makes the connection: nothing of either can be seen from here. */
const behindProxy = (
  { host, port, roles }: Target,
  { shown, variable }: ForwardProxy,
): ReportSection => {
  const because = `asked through the proxy ${shown} (${variable})`
  return {
    section: 'network',
    subject: `${host}:${port}`,
    summary: because,
    facts: [['used for', roles.join(', ')]],
    checks: [skip('net-dns', because), skip('net-tls', because)],
  }
}

/** Nothing can be wrong with the name or the certificate of these. */
const isPlainLoopback = ({ host, secure, reach }: Target): boolean =>
  !secure && reach === 'private' && isLoopbackHost(host)

export const network = async (world: DoctorContext): Promise<readonly ReportSection[]> => {
  const targets = targetsOf(await usesOf(world))
  const local = targets.filter(isPlainLoopback)
  const others = targets.filter((target) => !isPlainLoopback(target))
  const proxyFor = forwardProxies(world.env)
  const looked = await Promise.all(
    others.map(async (target) => {
      const proxy = proxyFor(new URL(target.origin))
      return proxy === undefined ? examineTarget(target, world) : behindProxy(target, proxy)
    }),
  )
  if (targets.length === 0) {
    return [{ section: 'network', summary: 'no host is named', checks: [] }]
  }
  return [
    ...looked,
    ...(local.length === 0
      ? []
      : [
          {
            section: 'network',
            summary: `${plural(local.length, 'server')} on this machine, plain http`,
            facts: local.map(({ host, port, roles }): Fact => [
              `${host}:${port}`,
              roles.join(', '),
            ]),
            checks: [pass('net-dns'), pass('net-address')],
          } as const,
        ]),
  ]
}
