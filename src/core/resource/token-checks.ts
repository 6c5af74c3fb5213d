// Whether an MCP server judges a token as its own metadata says: what it answered beside the verdict of our validator.
import { problemOf, type Problem, type ProblemCode } from '../../problems/problem.ts'
import { fail, pass, skip, type Check } from '../verdict/check.ts'
import type { Severity } from '../../problems/catalogue/spec.ts'

export interface Compared {
  /** The address of the server. */
  readonly url: string
  /** What the server answered to the token. */
  readonly server: {
    readonly outcome: 'accepted' | 'refused' | 'undecided'
    readonly status: number | undefined
    /** What it says of it, to follow the status; empty where it says nothing. */
    readonly words: string
  }
  /** It answers the same questions without any token. */
  readonly isOpen: boolean
  /** The verdict by its metadata; undefined: it could not be judged, and `because` says why. */
  readonly ours:
    | { readonly outcome: 'accepted' }
    | { readonly outcome: 'rejected' | 'undecided'; readonly problem: Problem }
    | undefined
  readonly because?: string
}

type AcceptedCase = 'audience' | 'issuer' | 'signature' | 'expired' | 'scope' | 'accepts'

/** What a server leaves out that accepts a token which is refused for this. */
const omissionOf = (code: ProblemCode): AcceptedCase => {
  if (code.startsWith('claim-aud') || code === 'intro-aud') return 'audience'
  if (code.startsWith('claim-iss')) return 'issuer'
  if (code.startsWith('sig-') || code.startsWith('jose-alg')) return 'signature'
  if (code === 'time-exp') return 'expired'
  return code === 'claim-scope' ? 'scope' : 'accepts'
}

/** Single tools may check scopes later; a signature that is not verified lets anybody in. */
const severities: Partial<Record<AcceptedCase, Severity>> = { scope: 'medium', signature: 'fatal' }

const accepts = (url: string, { code, detail }: Problem): Check => {
  const name = omissionOf(code)
  return fail(problemOf('mcp-token', name, { url, why: detail }), undefined, severities[name])
}

const refuses = ({ url, server, isOpen, ours }: Compared): Check => {
  const values = { url, status: server.status ?? 0, words: server.words }
  // A revoked token looks the same, and says nothing about the server.
  if (isOpen) return fail(problemOf('mcp-token', 'open', values), undefined, 'low')
  if (ours === undefined) return fail(problemOf('mcp-token', 'unjudged', values), undefined, 'info')
  const name = server.status === 403 ? 'forbidden' : 'refuses'
  return fail(problemOf('mcp-token', name, values), undefined, 'low')
}

/** One check, `mcp-token`. What the server leaves out is graded, what is wrong with the token is not. */
export const checkToken = (compared: Compared): Check => {
  const { url, server, isOpen, ours, because = '' } = compared
  if (server.outcome === 'undecided') {
    const status = server.status === undefined ? '' : ` (HTTP ${String(server.status)})`
    return skip(
      'mcp-token',
      `the server did not say what it thinks of the token${status}`,
      'answer',
    )
  }
  if (server.outcome === 'refused') {
    return ours?.outcome === 'rejected'
      ? pass('mcp-token', 'the server refuses the token, and so does its metadata')
      : refuses(compared)
  }
  if (isOpen) return skip('mcp-token', 'the server asks for no token, so it judges none')
  if (ours === undefined) return skip('mcp-token', because)
  if (ours.outcome === 'accepted') {
    return pass('mcp-token', 'the server accepts the token, as its metadata says')
  }
  return ours.outcome === 'rejected'
    ? accepts(url, ours.problem)
    : skip('mcp-token', `${ours.problem.code}: ${ours.problem.detail}`, 'answer')
}
