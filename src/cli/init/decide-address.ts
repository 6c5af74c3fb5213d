// Where the proxy listens and what its callers call it; with that, what their tokens have to name.
import { isLoopbackHost } from '../../net/address.ts'
import { endpointPath } from '../../config/public-url.ts'
import { given, type Choice } from './choice.ts'
import type { CallerChoice } from './decide-auth.ts'
import type { AuthAnswers } from './draft.ts'
import { proposeScopes } from './propose.ts'
import { decide, type Wizard } from './session.ts'

export type KnownCaller = Exclude<CallerChoice, { type: 'unknown' }>

export interface Address {
  readonly publicUrl: Choice<string>
  readonly host: Choice<string>
  readonly port: Choice<number>
}

const usualPort = 8080

const urlFault = (text: string): string | undefined => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) return `an absolute URL, such as https://mcp.example.com${endpointPath}`
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    return 'https beyond this machine: tokens must not travel in the clear'
  }
  return /^https?:$/.test(url.protocol) ? undefined : 'it must begin with https://'
}

const portFault = (text: string): string | undefined =>
  /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? undefined : 'a number up to 65535'

const withPath = (text: string): string => {
  const { pathname, search } = new URL(text)
  return pathname === '/' && search === '' ? `${text.replace(/\/$/, '')}${endpointPath}` : text
}

const isHere = (url: string): boolean => URL.canParse(url) && isLoopbackHost(new URL(url).hostname)

const portOf = (url: string): number | undefined => {
  const port = isHere(url) ? new URL(url).port : ''
  return port === '' ? undefined : Number(port)
}

const shownHost = (host: string): string => (host.includes(':') ? `[${host}]` : host)

export const decideAddress = async (session: Wizard, caller: KnownCaller): Promise<Address> => {
  const { flags } = session
  const wished = isLoopbackHost(flags.host ?? '') ? shownHost(flags.host ?? '') : '127.0.0.1'
  const local = {
    value: `http://${wished}:${String(flags.port ?? usualPort)}${endpointPath}`,
    why: 'this machine only; enter the https address if others will connect',
  }
  const isAsked = caller.type !== 'none'
  const publicUrl = await decide(
    isAsked ? session : { ...session, asker: undefined },
    flags['public-url'],
    local,
    async (asker) =>
      withPath(await asker.text('The URL that clients will use:', local.value, urlFault)),
  )
  const named = portOf(publicUrl.value)
  const port = await decide(
    session,
    flags.port,
    {
      value: named ?? usualPort,
      why: named === undefined ? 'the usual one' : 'that of public_url',
    },
    async (asker) =>
      Number(await asker.text('Port to listen on:', String(named ?? usualPort), portFault)),
  )
  const behind = !isHere(publicUrl.value)
  const loopback = { value: '127.0.0.1', why: 'this machine only' }
  const host = await decide(
    behind ? session : { ...session, asker: undefined },
    flags.host,
    loopback,
    (asker) =>
      asker.choose(
        'Where is TLS terminated?',
        [
          { name: 'On this machine: listen on 127.0.0.1', short: 'here', value: '127.0.0.1' },
          {
            name: 'Elsewhere, or the proxy is in a container: listen on 0.0.0.0',
            short: 'elsewhere',
            value: '0.0.0.0',
          },
        ],
        loopback.value,
      ),
  )
  // Another port than the proposal for this machine: its own address is meant, whichever that is.
  const follows = publicUrl.from === 'proposal' && named !== port.value
  const own = `http://${wished}:${String(port.value)}${endpointPath}`
  return { publicUrl: follows ? { ...publicUrl, value: own } : publicUrl, host, port }
}

const list = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== '')

/** Completes what depends on the address: the audience and the scopes. */
export const decideAuth = async (
  session: Wizard,
  caller: KnownCaller,
  publicUrl: string,
): Promise<AuthAnswers> => {
  if (caller.type === 'none') return { type: 'none' }
  if (caller.type === 'bearer') return caller
  const { flags } = session
  const { facts, ...rest } = caller
  const scopes = proposeScopes(facts)
  return {
    ...rest,
    audience: await decide<readonly string[]>(
      session,
      flags.audience,
      { value: [publicUrl], why: 'public_url: what clients send as resource (RFC 8707)' },
      async (asker) =>
        list(
          await asker.text('Expected audience (aud):', publicUrl, (text) =>
            list(text).length === 0 ? 'at least one audience' : undefined,
          ),
        ),
    ),
    scopes:
      flags['require-scope'] === undefined
        ? await decide<readonly string[]>(session, undefined, scopes, async (asker) =>
            list(
              await asker.text(
                `Required scopes (${scopes.value.length === 0 ? 'optional' : scopes.why}):`,
                scopes.value.join(' '),
              ),
            ),
          )
        : given(flags['require-scope']),
    allowHttp: flags['allow-http'] === true,
  }
}
