// The proxy behind standard input and output: assembled as for HTTP, for the one client that started it.
import type { Readable, Writable } from 'node:stream'
import { within } from '../../base/within.ts'
import { lineCutter } from '../../mcp/lines.ts'
import type { Ports } from '../../base/ports.ts'
import type { ProfileConfig } from '../../config/profile-schema.ts'
import type { Config } from '../../config/schema.ts'
import { assemble, type Generation, type Parts } from '../../proxy/generation/generation.ts'
import { createDecisionLog } from '../../decisions/decision-log.ts'
import { createInFlight } from '../dialogue/in-flight.ts'
import { createLineChannel } from './line-channel.ts'
import { createOwnerLimits } from '../dialogue/owner-limits.ts'
import { createTally } from '../dialogue/tally.ts'
import { finishCalls } from '../dialogue/shutdown.ts'
import type { CallState } from '../dialogue/speaker.ts'
import { createStdioDoor } from './stdio-door.ts'
import { createTelemetry, type LogOptions } from '../telemetry/telemetry.ts'

export interface Pipes {
  readonly input: Readable
  readonly output: Writable
}

export interface StdioOptions extends LogOptions {
  /** What the proxy is built of; default: the real parts. */
  readonly parts?: Parts
  /** That whose configuration it is. */
  readonly profile?: ProfileConfig | undefined
}

export interface RunningStdio {
  readonly generation: Generation
  /** Resolves when the client has closed our input, or does not read any more. */
  readonly left: Promise<'ended' | 'gone'>
  /** As that of a server: calls in flight may finish unless `force`, then the backends are ended. */
  close(options?: { readonly force?: boolean }): Promise<void>
}

const flushMs = 2_000
const lineEnd = Buffer.from('\n')

/**
 * Whoever started the process is its caller: [auth] is about those who come over the network, and a pipe carries no
 * token (MCP authorization: stdio should not use it).
 */
const withoutAuth = (config: Config): Config => ({ ...config, auth: { type: 'none' } })

export const startStdio = async (
  config: Config,
  systemPorts: Ports,
  { input, output }: Pipes,
  options: StdioOptions = {},
): Promise<RunningStdio> => {
  const telemetry = createTelemetry(config.observability, systemPorts.clock, options)
  const ports: Ports = { ...systemPorts, log: telemetry.log, meter: telemetry.meter }
  const generation = await assemble(
    withoutAuth(config),
    ports,
    options.parts,
    undefined,
    options.profile,
  )
  await telemetry.settled()
  // Nobody can ask for them here: there is the file alone.
  const { accepted, file } = config.observability.decisions
  const decisions = createDecisionLog({ keep: 0, accepted: file === undefined ? 0 : accepted })
  decisions.follow(telemetry.keep)
  const state: CallState = {
    generation,
    ports,
    inFlight: createInFlight(),
    listening: createInFlight(),
    calls: createOwnerLimits(config.proxy.max_calls, config.proxy.max_calls_per_caller),
    decisions,
    tally: createTally(ports.clock),
    tracing: telemetry.tracing,
  }
  const principal = generation.gate.anonymous
  if (principal === undefined) throw new TypeError('a generation without [auth] has no caller')

  let leave: (how: 'ended' | 'gone') => void = () => undefined
  const left = new Promise<'ended' | 'gone'>((resolve) => {
    leave = resolve
  })
  const force = new AbortController()
  const channel = createLineChannel(output, {
    // Memory stays bounded: a client that does not read is not read either.
    onFull: () => input.pause(),
    onRoom: () => input.resume(),
    onGone: () => {
      // Answers have nowhere to go.
      force.abort()
      door.end()
      leave('gone')
    },
  })
  const maxBytes = config.security.max_body_bytes
  const door = createStdioDoor({ state, principal, channel, maxBytes })
  generation.onListChanged((method) => door.onListChanged(method))
  generation.start()

  const cut = lineCutter(maxBytes, door)
  const onEnd = () => {
    door.end()
    leave('ended')
  }
  input.on('data', cut)
  input.on('end', () => {
    // The last line may lack its end.
    cut(lineEnd)
    onEnd()
  })
  input.on('error', onEnd)
  input.on('close', onEnd)

  const shut = async () => {
    door.drain()
    generation.endListens()
    await finishCalls(state, [state.inFlight, state.listening], force.signal)
    door.end()
    // The last reply becomes an answer behind the end of its call.
    await new Promise((resolve) => setImmediate(resolve))
    const limit = { ms: flushMs, clock: ports.clock, signal: force.signal }
    await within(channel.flushed(), limit, () => undefined)
    input.destroy()
    await generation.close(force.signal.aborted ? 0 : undefined)
    const flushed = telemetry.close()
    state.tally.conclude(ports.log)
    await flushed
  }
  let closing: Promise<void> | undefined
  return {
    generation,
    left,
    close: (how = {}) => {
      if (how.force === true) force.abort()
      closing ??= shut()
      return closing
    },
  }
}
