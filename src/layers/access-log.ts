// Who called what and how it ended: the audit event and the access line of each call. Never a token, never an argument.
import * as z from 'zod'
import type { Logger } from '../base/ports.ts'
import type { Call, Layer } from '../mcp/call.ts'
import { defineEdgeLayer, type EdgeContext } from './define.ts'
import { outcomeOf, targetOf, thrown, type Outcome } from './outcome.ts'

type Write = (call: Call, end: Outcome, durationMs: number) => void

const roundedMs = (ms: number): number => Math.round(ms * 1000) / 1000

const auditWriter =
  (
    log: Logger,
    backendOf: (call: Call) => string | undefined,
    credentialOf: EdgeContext['credentialOf'],
  ): Write =>
  (call, end, durationMs) => {
    const { principal } = call.caller
    const backend = backendOf(call)
    // What was refused here never reached the backend.
    const isSent = backend !== undefined && end.outcome !== 'refused'
    log.info(
      {
        event: 'audit',
        request_id: call.requestId,
        method: call.request.method,
        name: targetOf(call.request),
        backend,
        credential: isSent ? credentialOf?.(backend) : undefined,
        outcome: end.outcome,
        code: end.code === '' ? undefined : end.code,
        detail: end.detail,
        duration_ms: roundedMs(durationMs),
        iss: principal.iss,
        sub: principal.sub,
        client_id: principal.clientId,
        token: principal.fingerprint,
      },
      'audit',
    )
  }

const accessWriter =
  (log: Logger, backendOf: (call: Call) => string | undefined): Write =>
  (call, end, durationMs) => {
    log.info(
      {
        event: 'access',
        request_id: call.requestId,
        method: call.request.method,
        name: targetOf(call.request),
        backend: backendOf(call),
        status: end.code === '' ? end.outcome : `${end.outcome} ${end.code}`,
        duration_ms: roundedMs(durationMs),
      },
      'access',
    )
  }

/** One audit event and, where asked for, one access line per call, when it ends. */
export const accessLog = defineEdgeLayer(
  {
    audit: z.boolean().default(true).describe('Log an audit event for each call and each refusal'),
    access_log: z
      .strictObject({ enabled: z.boolean().default(false).describe('Log one line per call') })
      .prefault({})
      .describe('One short line per call'),
  },
  ({ audit, access_log: access }, { log, clock }, context) => {
    const backendOf = (call: Call) => context.backendOf(call.request)
    const writers: Write[] = []
    if (audit) writers.push(auditWriter(log, backendOf, context.credentialOf))
    if (access.enabled) writers.push(accessWriter(log, backendOf))
    if (writers.length === 0) return undefined
    const layer: Layer = (next) => async (call) => {
      const begun = clock.now()
      let end = thrown
      try {
        const reply = await next(call)
        end = outcomeOf(reply)
        return reply
      } finally {
        const duration = clock.now() - begun
        for (const write of writers) write(call, end, duration)
      }
    }
    return layer
  },
)
