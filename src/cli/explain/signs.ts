// What in a pasted text points to a check: ids, codes, known words, a challenge. Nothing of the text itself is repeated
// but what is in our tables, numbers of errors, and an address without credentials: it may contain a token.
import { readChallenges, type Challenge } from '../../net/www-authenticate.ts'
import { vendorErrors, vendorOfCode } from '../../core/providers/error-codes.ts'
import { isLoopbackHost } from '../../net/address.ts'
import { groups } from '../../problems/groups.ts'
import {
  isProblemCode,
  problemOf,
  problemSpec,
  type Problem,
  type ProblemCode,
} from '../../problems/problem.ts'
import { looksLikeToken } from '../../base/token-like.ts'
import { redactText } from '../report/redact.ts'
import { shellWord } from '../terminal/shell-word.ts'
import type { KnownError } from './known-error.ts'
import { libraryErrors } from './library-errors.ts'
import { oauthErrors, vagueOauthErrors } from './oauth-errors.ts'
import { httpStatuses, rpcErrors, systemErrors } from './wire-errors.ts'

/** The strongest first: what names a cause leads, what only says that something failed follows. */
const kinds = [
  'check',
  'vendor',
  'words',
  'system',
  'challenge',
  'oauth',
  'rpc',
  'vague',
  'weakness',
  'status',
] as const

type Kind = (typeof kinds)[number]

export interface Sign {
  readonly kind: Kind
  /** What was recognised and what it means; its remedy is the next command. */
  readonly problem: Problem
  /** Where the meaning comes from: a specification or an address. */
  readonly source: string | undefined
  /** The pages that it leads to, the likeliest first. */
  readonly checks: readonly ProblemCode[]
}

/** Texts are read this far. */
const longestText = 262_144
const mostSigns = 12

const everyMatch = (pattern: RegExp, text: string): readonly string[] => [
  ...new Set([...text.matchAll(pattern)].map(([whole, group]) => group ?? whole)),
]

const byCode = (table: readonly KnownError[]): ReadonlyMap<string, KnownError> =>
  new Map(table.map((entry) => [entry.code, entry]))

const oauthByCode = byCode(oauthErrors)
const rpcByCode = byCode(rpcErrors)
const statusByCode = byCode(httpStatuses)
const systemByCode = byCode(systemErrors)
const vendorByCode = new Map(
  vendorErrors.flatMap((entry) =>
    entry.words === undefined ? [[entry.code, entry] as const] : [],
  ),
)

/** Every code that can be asked for by itself. */
export const knownCodes: readonly string[] = [
  ...oauthByCode.keys(),
  ...systemByCode.keys(),
  ...vendorByCode.keys(),
]

// The challenge

const headerLine = /^[<>\s]{0,8}www-authenticate\s{0,4}:[ \t]{0,8}(.+(?:\r?\n[ \t]+.+)*)/gim
const headerMember = /\\?"www-authenticate\\?"\s{0,4}:\s{0,4}\[?\s{0,4}"((?:[^"\\]|\\.)*)"/gi
const startsAsChallenge =
  /^\s{0,8}(?:bearer|dpop|basic|digest|negotiate|ntlm)\s{1,8}[\w-]{1,40}\s{0,4}=\s{0,4}["\w]/i

const headersIn = (text: string): readonly string[] => {
  const found = [
    ...everyMatch(headerLine, text),
    ...everyMatch(headerMember, text).map((value) => value.replace(/\\(.)/g, '$1')),
  ]
  if (found.length > 0) return found
  return startsAsChallenge.test(text) ? [text] : []
}

const challengesIn = (text: string): readonly Challenge[] =>
  headersIn(text).flatMap((header) => readChallenges(header.trim().replace(/\s*\r?\n\s*/g, ' ')))

/** How a scheme is shown; any other name could be anything. */
const schemeNames: Readonly<Record<string, string>> = {
  bearer: 'Bearer',
  dpop: 'DPoP',
  basic: 'Basic',
  digest: 'Digest',
  negotiate: 'Negotiate',
  ntlm: 'NTLM',
}

const schemeName = ({ scheme }: Challenge): string =>
  (Object.hasOwn(schemeNames, scheme) ? schemeNames[scheme] : undefined) ?? 'another scheme'

const metadataUrl = (challenge: Challenge | undefined): URL | undefined => {
  const named = challenge?.params['resource_metadata']
  return named !== undefined && URL.canParse(named) ? new URL(named) : undefined
}

/** An address that may be repeated: without credentials, and without anything that could be one. */
const isOpen = ({ href, protocol, username, password, search, hash, pathname }: URL): boolean =>
  /^https?:$/.test(protocol) &&
  `${username}${password}${search}${hash}` === '' &&
  href.length <= 300 &&
  !pathname.split('/').some(looksLikeToken) &&
  redactText(href) === href

const wellKnown = '/.well-known/oauth-protected-resource'

/** The MCP server whose metadata the challenge names (RFC 9728 section 3.1). */
const serverOf = (challenge: Challenge | undefined): string | undefined => {
  const url = metadataUrl(challenge)
  if (url === undefined || !isOpen(url) || !url.pathname.includes(wellKnown)) return undefined
  const path = url.pathname.replace(wellKnown, '')
  return `${url.origin}${path === '/' ? '' : path}`
}

interface Surroundings {
  /** The MCP server that the text is about, where it says so. */
  readonly server: string | undefined
}

const serverGroups: ReadonlySet<string> = new Set([
  'protected-resource',
  'mcp-server',
  'network',
  'request',
])

/** The command that shows the first of the checks at work, on the server of the text where it names one. */
const nextFor = ([first]: readonly ProblemCode[], { server }: Surroundings): string => {
  if (first === undefined) return 'mcp-proxy --help'
  const { group } = problemSpec(first)
  const { next = 'mcp-proxy --help' } = groups[group] ?? {}
  if (server === undefined) return next
  if (group === 'login') return `mcp-proxy login ${shellWord(server)}`
  if (serverGroups.has(group)) return `mcp-proxy discover ${shellWord(server)}`
  return next.startsWith('mcp-proxy validate') ? `${next} --for ${shellWord(server)}` : next
}

const challengeSigns = (
  challenges: readonly Challenge[],
  around: Surroundings,
): readonly Sign[] => {
  if (challenges.length === 0) return []
  const sign = (kind: Kind, problem: Problem, checks: readonly ProblemCode[]): Sign => ({
    kind,
    problem,
    source: 'RFC 9728 section 5.1',
    checks,
  })
  const broken = challenges.some((challenge) => challenge.broken)
  const usable = challenges.find(({ scheme }) => scheme === 'bearer' || scheme === 'dpop')
  const shape: readonly ProblemCode[] = ['prm-challenge', 'prm-resource-metadata-param']
  const discover = nextFor(shape, around)
  const brokenSigns = broken
    ? [
        sign(
          'challenge',
          problemOf('usage-advice', 'sign-broken-challenge', { next: discover }),
          shape,
        ),
      ]
    : []
  if (usable === undefined) {
    const scheme = challenges.map(schemeName).join(', ')
    const values = { scheme, next: discover }
    return [
      ...brokenSigns,
      sign('challenge', problemOf('usage-advice', 'sign-other-scheme', values), shape),
    ]
  }
  const scheme = schemeName(usable)
  const named = usable.params['resource_metadata']
  const parameter: readonly ProblemCode[] = ['prm-resource-metadata-param', 'prm-location']
  const weak = (why: string): Sign => {
    const values = { why, next: nextFor(parameter, around) }
    return sign('weakness', problemOf('usage-advice', 'sign-bad-metadata', values), parameter)
  }
  const url = metadataUrl(usable)
  const metadata =
    named === undefined
      ? [
          sign(
            'weakness',
            problemOf('usage-advice', 'sign-no-metadata', {
              scheme,
              next: nextFor(parameter, around),
            }),
            parameter,
          ),
        ]
      : url === undefined
        ? [weak('is no absolute URL')]
        : url.protocol === 'http:' && !isLoopbackHost(url.hostname)
          ? [weak('is an http URL')]
          : []
  const login: readonly ProblemCode[] = ['login-needed', 'req-token-missing', 'prm-challenge']
  const first =
    usable.params['error'] === undefined
      ? [
          sign(
            'challenge',
            problemOf('usage-advice', 'sign-first-contact', {
              scheme,
              next: nextFor(login, around),
            }),
            login,
          ),
        ]
      : []
  return [...brokenSigns, ...first, ...metadata]
}

// Codes and words

const idPattern = /(?<![\w-])[a-z]{2,12}(?:-[a-z0-9]{1,20}){1,6}(?![\w-])/g
const oauthPattern = /(?<![\w-])[a-z]{3,20}(?:_[a-z]{2,20}){1,4}(?![\w-])/g
const vendorPattern = /(?<!\w)(?:AADSTS\d{5,8}|E0\d{6})(?!\w)/g
const entraNumbers = /\\?"error_codes\\?"\s{0,4}:\s{0,4}\[([\d,\s]{5,200})\]/g
const rpcPattern = /(?<![\w.-])-32\d{3}(?!\w)/g
const systemPattern = /(?<![\w-])[A-Z][A-Z0-9]{2,20}(?:_[A-Z0-9]{1,20}){0,6}(?![\w-])/g
const statusPatterns = [
  /\bHTTP\/[\d.]{1,4}\s{1,4}(\d{3})\b/gi,
  /\bHTTP\s{1,4}(?:status\s{1,4})?(?:code\s{1,4})?(\d{3})\b/gi,
  /\bstatus(?:[_ ]?code)?\\?["']?\s{0,4}[:= ]\s{0,4}\\?"?(\d{3})\b/gi,
  /\berror (\d{3})\b/gi,
  /^\s{0,8}(\d{3})(?:\s[a-z' -]{0,40})?\s{0,8}$/gi,
]

const vendorCodesIn = (text: string): readonly string[] => [
  ...new Set([
    ...everyMatch(vendorPattern, text),
    ...everyMatch(entraNumbers, text)
      .flatMap((list) => list.split(','))
      .map((number) => `AADSTS${number.trim()}`)
      .filter((code) => /^AADSTS\d{5,8}$/.test(code)),
    // A number by itself, as it is in sign-in logs.
    ...everyMatch(/^\s{0,8}(\d{5,8})\s{0,8}$/g, text)
      .map((number) => `AADSTS${number}`)
      .filter((code) => vendorByCode.has(code)),
  ]),
]

const checkSigns = (text: string, around: Surroundings): readonly Sign[] =>
  everyMatch(idPattern, text)
    .filter((id) => isProblemCode(id))
    .map((id) => ({
      kind: 'check',
      problem: problemOf('usage-advice', 'sign-check', { id, next: nextFor([id], around) }),
      source: undefined,
      checks: [id],
    }))

const vendorSigns = (text: string, around: Surroundings): readonly Sign[] => {
  const phrased = vendorErrors.filter(({ words }) => words?.test(text) === true)
  const coded = vendorCodesIn(text)
  const known = [...coded.flatMap((code) => vendorByCode.get(code) ?? []), ...phrased]
  return [
    ...known.map(({ vendor, code, means, checks, source }): Sign => {
      const values = { vendor, code, means, next: nextFor(checks, around) }
      return {
        kind: 'vendor',
        problem: problemOf('usage-advice', 'sign-vendor', values),
        source,
        checks,
      }
    }),
    ...coded
      .filter((code) => !vendorByCode.has(code))
      .flatMap((code): readonly Sign[] => {
        const page = vendorOfCode(code)
        if (page === undefined) return []
        const { vendor, source, checks } = page
        const problem = problemOf('usage-advice', 'sign-vendor-unknown', { vendor, code, source })
        return [{ kind: 'vague', problem, source, checks }]
      }),
  ]
}

type SignCase = 'sign-words' | 'sign-system' | 'sign-oauth' | 'sign-status'

const knownSign =
  (around: Surroundings, name: SignCase, kind: (code: string) => Kind) =>
  ({ code, means, checks, source }: KnownError): Sign => ({
    kind: kind(code),
    problem: problemOf('usage-advice', name, { code, means, next: nextFor(checks, around) }),
    source,
    checks,
  })

/** The server itself is asked: what it offers shows which requests it takes. */
const rpcSign =
  ({ server = 'https://mcp.example.com/mcp' }: Surroundings) =>
  ({ code, means, checks, source }: KnownError): Sign => {
    const next = `mcp-proxy tools ${shellWord(server)}`
    const problem = problemOf('usage-advice', 'sign-rpc', { code, means, next })
    return { kind: 'rpc', problem, source, checks }
  }

const found = (
  codes: readonly string[],
  table: ReadonlyMap<string, KnownError>,
): readonly KnownError[] => codes.flatMap((code) => table.get(code) ?? [])

export interface FoundChallenge {
  /** The MCP server that it leads to; undefined where it names none, or its address may not be repeated. */
  readonly server: string | undefined
}

/** Undefined where the text has no challenge. */
export const challengeIn = (text: string): FoundChallenge | undefined => {
  const challenges = challengesIn(text.slice(0, longestText))
  if (challenges.length === 0) return undefined
  return { server: challenges.map(serverOf).find((address) => address !== undefined) }
}

/** Every sign in the text, the strongest first. */
export const signsIn = (whole: string): readonly Sign[] => {
  const text = whole.slice(0, longestText)
  const challenges = challengesIn(text)
  const server = challenges.map(serverOf).find((address) => address !== undefined)
  const around: Surroundings = { server }
  const signs: readonly Sign[] = [
    ...checkSigns(text, around),
    ...vendorSigns(text, around),
    ...libraryErrors
      .filter(({ words }) => words.test(text))
      .map(knownSign(around, 'sign-words', () => 'words')),
    ...found(everyMatch(systemPattern, text), systemByCode).map(
      knownSign(around, 'sign-system', () => 'system'),
    ),
    ...challengeSigns(challenges, around),
    ...found(everyMatch(oauthPattern, text), oauthByCode).map(
      knownSign(around, 'sign-oauth', (code) => (vagueOauthErrors.has(code) ? 'vague' : 'oauth')),
    ),
    ...found(everyMatch(rpcPattern, text), rpcByCode).map(rpcSign(around)),
    ...found(
      [...new Set(statusPatterns.flatMap((pattern) => everyMatch(pattern, text)))],
      statusByCode,
    ).map(knownSign(around, 'sign-status', () => 'status')),
  ]
  return [...signs]
    .sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind))
    .slice(0, mostSigns)
}

const mostPages = 8

/** The pages that the signs lead to, the likeliest first. */
export const pagesOf = (signs: readonly Sign[]): readonly ProblemCode[] =>
  [...new Set(signs.flatMap(({ checks }) => checks))].slice(0, mostPages)
