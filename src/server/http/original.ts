// The request that a gateway asks about: its method and URL, as a trusted gateway reports them.
import type { IncomingMessage } from 'node:http'
import type { Config } from '../../config/schema.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import { headerValues } from './header-values.ts'
import type { TrustedPeers } from './trusted-peers.ts'

export interface Original {
  readonly method: string
  /** Without the query, which may have secrets; undefined where nothing reports it. */
  readonly path: string | undefined
  /** As clients know it: what a DPoP proof is made for. */
  readonly url: string
}

/** `suffix`: what follows the path of the door in the URL of the request, with its query. */
export type OriginalReader = (
  req: Pick<IncomingMessage, 'method' | 'rawHeaders' | 'socket'>,
  suffix: string,
) => Original | Problem

export interface OriginalOptions {
  readonly publicUrl: string | undefined
  readonly isTrusted: TrustedPeers
  readonly allowedHosts: Config['security']['allowed_hosts']
}

type RawHeaders = readonly string[]

const isMethod = (text: string): boolean => /^[A-Z]{1,32}$/.test(text)
const isTarget = (text: string): boolean => text.startsWith('/') && text.length <= 8192

/** nginx has no names of its own for these: docs/verify.md sets the first of each pair. Traefik sends the second. */
const methodNames = ['x-original-method', 'x-forwarded-method'] as const
const targetNames = ['x-original-uri', 'x-forwarded-uri'] as const

/**
 * The one value of two headers. Gateways pass on what clients send under the name that they do not set themselves: where
 * the two differ one of them is made up, and it cannot be known which.
 */
const oneOf = (
  headers: RawHeaders,
  names: readonly [string, string],
  isGood: (text: string) => boolean,
): { readonly value: string | undefined } | Problem => {
  let found: { readonly name: string; readonly value: string } | undefined
  for (const name of names) {
    const [value, ...more] = headerValues(headers, name) ?? []
    if (value === undefined) continue
    if (more.length > 0 || !isGood(value)) {
      return problemOf('verify-original', 'unreadable', { name })
    }
    if (found !== undefined && found.value !== value) {
      return problemOf('verify-original', 'conflict', { one: found.name, other: name })
    }
    found ??= { name, value }
  }
  return { value: found?.value }
}

/**
 * Scheme and host are those of proxy.public_url. A host that a gateway reports counts only where security.allowed_hosts
 * lists it: gateways report what the client sent as Host.
 */
const originOf = (
  headers: RawHeaders,
  hosts: readonly string[] | undefined,
  { publicUrl, allowedHosts }: OriginalOptions,
): string => {
  const known = publicUrl === undefined ? undefined : new URL(publicUrl)
  const named = hosts?.length === 1 ? hosts[0]?.toLowerCase() : undefined
  const isListed =
    named !== undefined &&
    allowedHosts.some((allowed) => {
      const lower = allowed.toLowerCase()
      return lower === named || lower === named.replace(/:\d*$/, '')
    })
  if (!isListed || named === known?.host) return known?.origin ?? ''
  const [scheme, ...more] = headerValues(headers, 'x-forwarded-proto') ?? []
  const isScheme = more.length === 0 && (scheme === 'https' || scheme === 'http')
  return `${isScheme ? scheme : (known?.protocol.slice(0, -1) ?? 'https')}://${named}`
}

const withoutQuery = (target: string): string => target.split(/[?#]/, 1)[0] ?? ''

/**
 * Peers that are not trusted ask about themselves: of what they report nothing is believed, and their proofs are judged
 * as at the endpoint. Does not check the Host and the Origin of the request.
 */
export const originalReader = (options: OriginalOptions): OriginalReader => {
  const { publicUrl = '', isTrusted } = options
  return ({ method: own = '', rawHeaders, socket }, suffix) => {
    const peer = socket.remoteAddress
    if (peer === undefined || !isTrusted(peer)) {
      return { method: own, path: undefined, url: publicUrl }
    }
    const urlOf = (path: string, hosts: string): string =>
      `${originOf(rawHeaders, headerValues(rawHeaders, hosts), options)}${path}`
    // Envoy asks with the method and the Host of the original, and appends its path to that of the door.
    if (suffix !== '') {
      const path = withoutQuery(suffix)
      return { method: own, path, url: urlOf(path, 'host') }
    }
    const method = oneOf(rawHeaders, methodNames, isMethod)
    if ('code' in method) return method
    const target = oneOf(rawHeaders, targetNames, isTarget)
    if ('code' in target) return target
    const path = target.value === undefined ? undefined : withoutQuery(target.value)
    const url = path === undefined ? publicUrl : urlOf(path, 'x-forwarded-host')
    return { method: method.value ?? own, path, url }
  }
}
