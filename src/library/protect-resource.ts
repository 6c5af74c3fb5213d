// The validator in front of an application of node:http, express or fastify: what `serve` does at its endpoint, without the proxy.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type * as z from 'zod/mini'
import { createCancel, type CancelSignal } from '../base/cancellation.ts'
import type { JsonObject } from '../base/json.ts'
import type { Ports } from '../base/ports.ts'
import { authConfigSchema } from '../core/auth-config/auth-config.ts'
import type { ChallengingResource } from '../core/challenge/http-answer.ts'
import { metadataAnswer } from '../core/challenge/metadata-answer.ts'
import {
  resourceMetadata,
  resourceMetadataPaths,
  resourceMetadataUrl,
} from '../core/challenge/resource-metadata.ts'
import type { AuthGate, Readiness } from '../core/validator/auth-gate.ts'
import { anonymousOf, authenticateBy } from '../core/validator/authenticate.ts'
import { createValidator } from '../core/validator/create-validator.ts'
import type { Shown } from '../core/verdict/presentation.ts'
import type { Verdict } from '../core/verdict/verdict.ts'
import { peerOf } from '../net/address.ts'
import { pathOf } from '../net/request-path.ts'
import { systemPorts } from '../net/system-ports.ts'
import { answerOfMetadata, answerOfRefusal, type GuardAnswer } from './guard-answer.ts'

/** A verdict that lets a request go on. */
export type AcceptedVerdict = Extract<Verdict, { readonly outcome: 'accepted' }>

/** A request that a guard has let through. */
export interface ProtectedRequest {
  readonly verdict: AcceptedVerdict
}

/** What a guard decided about one request. */
export type GuardDecision =
  | { readonly pass: true; readonly verdict: AcceptedVerdict }
  /** `verdict` is absent where the metadata was asked for. */
  | { readonly pass: false; readonly answer: GuardAnswer; readonly verdict?: Verdict }

export interface ProtectResourceOptions {
  /** As the section [auth] of a configuration has it. */
  readonly auth: z.input<typeof authConfigSchema>
  /** The URL of the resource as clients write it: `resource` in the metadata, and the audience unless `auth` names one. */
  readonly resource: string
  /** What the metadata calls it. */
  readonly name?: string
  /** Default: `systemPorts()`. */
  readonly ports?: Ports
  /** Gets every refusal with its reasons: those are not sent to callers. */
  readonly onRefusal?: (verdict: Verdict, request: IncomingMessage) => void
}

export interface ResourceGuard {
  /**
   * Middleware of node:http and express: answers the request, or puts the verdict on it (`request.verdict`) and calls
   * `next`.
   */
  (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void
  /** For any other server: what to answer, or the verdict. `signal`: aborts when the caller has left. */
  decide(request: IncomingMessage, signal?: CancelSignal): GuardDecision | Promise<GuardDecision>
  /** Whether tokens can be decided now; asks no one. */
  ready(): Readiness
  close(): void
}

const neverLeft = createCancel().signal

/** As it came: express takes the path of a mounted application away from `url`. */
const urlOf = (request: IncomingMessage): string | undefined =>
  (request as { readonly originalUrl?: string }).originalUrl ?? request.url

/** Never built from Host: the origin is the one that was configured. */
const calledUrl = (resource: string, request: IncomingMessage): string =>
  new URL(resource).origin + pathOf(urlOf(request))

const judgeBy = (gate: AuthGate, resource: string) => {
  const authenticate = authenticateBy(gate, resource, anonymousOf(gate))
  const asksForProof = gate.possession?.kind === 'dpop'
  return (request: IncomingMessage, signal: CancelSignal): Verdict | Promise<Verdict> => {
    const { headersDistinct, method = '', socket } = request
    const shown: Shown | undefined = asksForProof
      ? { method, proofs: headersDistinct['dpop'] ?? [], url: calledUrl(resource, request) }
      : undefined
    return authenticate(
      headersDistinct['authorization'],
      signal,
      shown,
      peerOf(socket.remoteAddress ?? ''),
    )
  }
}

/** Undefined where there is no authorization server to point to. */
const metadataOf = (
  gate: AuthGate,
  { resource, name }: ProtectResourceOptions,
): { readonly paths: readonly string[]; readonly document: JsonObject } | undefined =>
  gate.authorizationServers.length === 0
    ? undefined
    : {
        paths: resourceMetadataPaths(resource),
        document: resourceMetadata({
          publicUrl: resource,
          authorizationServers: gate.authorizationServers,
          scopes: gate.requiredScopes,
          possession: gate.possession,
          ...(name === undefined ? {} : { name }),
        }),
      }

const decider = (gate: AuthGate, options: ProtectResourceOptions): ResourceGuard['decide'] => {
  const metadata = metadataOf(gate, options)
  const judge = judgeBy(gate, options.resource)
  const resourceFor = (request: IncomingMessage): ChallengingResource => ({
    resourceMetadata: metadata === undefined ? undefined : resourceMetadataUrl(options.resource),
    requiredScopes: gate.requiredScopes,
    possession: gate.possession,
    scheme: /^\s*dpop\b/i.test(request.headers.authorization ?? '') ? 'dpop' : 'bearer',
  })
  const nonce = (): Readonly<Record<string, string>> => {
    const next = gate.possession?.kind === 'dpop' ? gate.possession.nonce() : undefined
    return next === undefined ? {} : { 'dpop-nonce': next }
  }
  const decided = (request: IncomingMessage, verdict: Verdict): GuardDecision => {
    if (verdict.outcome === 'accepted') return { pass: true, verdict }
    options.onRefusal?.(verdict, request)
    const answer = answerOfRefusal(verdict, resourceFor(request))
    return {
      pass: false,
      verdict,
      answer: { ...answer, headers: { ...answer.headers, ...nonce() } },
    }
  }
  return (request, signal = neverLeft) => {
    if (metadata?.paths.includes(pathOf(urlOf(request))) === true) {
      const answer = answerOfMetadata(metadataAnswer(request.method, metadata.document))
      return { pass: false, answer }
    }
    const verdict = judge(request, signal)
    return verdict instanceof Promise
      ? verdict.then((settled) => decided(request, settled))
      : decided(request, verdict)
  }
}

const send = (response: ServerResponse, { status, headers, body }: GuardAnswer): void => {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, headers)
  response.end(body)
}

/**
 * Builds the guard of one protected resource. An issuer that is down stops nothing: tokens are undecided (503) until it
 * answers. Throws a ZodError for an `auth` that the schema refuses, and a UsageError for one that cannot be used.
 */
export const protectResource = async (options: ProtectResourceOptions): Promise<ResourceGuard> => {
  const { resource, ports = systemPorts() } = options
  // Throws here rather than in the first request.
  void new URL(resource)
  const auth = authConfigSchema.parse(options.auth)
  const gate = await createValidator(auth, ports, { defaultAudience: resource })
  gate.start()
  const decide = decider(gate, options)
  const guard = (
    request: IncomingMessage,
    response: ServerResponse,
    next: (error?: unknown) => void,
  ): void => {
    const left = createCancel()
    response.on('close', () => left.abort())
    const finish = (decision: GuardDecision): void => {
      if (left.signal.aborted) return
      if (!decision.pass) return send(response, decision.answer)
      Object.assign(request, { verdict: decision.verdict })
      next()
    }
    const decision = decide(request, left.signal)
    if (decision instanceof Promise) decision.then(finish, next)
    else finish(decision)
  }
  return Object.assign(guard, { decide, ready: () => gate.ready(), close: () => gate.close() })
}
