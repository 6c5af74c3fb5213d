// One link for one caller, opened once: for a program that asks a server something and ends.
import type { Ports } from '../../base/ports.ts'
import type { ClientFacts, Handler, Peer } from '../../mcp/call.ts'
import type { JsonRpcNotification } from '../../mcp/json-rpc.ts'
import { questionCapabilities } from '../../mcp/questions.ts'
import type { Problem } from '../../problems/problem.ts'
import type { Agreement } from '../backend.ts'
import { startMsOf, type BackendTransportConfig } from '../config.ts'
import { notSent, unavailable } from '../failure.ts'
import { createAccess } from '../access.ts'
import { callerMeta } from '../identity.ts'
import { defaultIdentity as identity } from '../link/era-bridge.ts'
import { createHop } from '../link/hop.ts'
import { openLink } from '../link/link.ts'
import { createLogLevels } from '../link/log-level.ts'
import { createCarrier } from './carry.ts'
import { diallerFor } from './diallers.ts'

export interface SingleOptions {
  /** What the server may ask of its client: declared in whatever era it speaks. */
  readonly client: ClientFacts
  /** Who answers what the server asks. */
  readonly peer: Peer
  /** What belongs to no call. */
  readonly onNotification: (notification: JsonRpcNotification) => void
  /** Gives up on a server that does not answer. */
  readonly signal: AbortSignal
}

export interface SingleLink {
  readonly agreement: Agreement
  readonly handle: Handler
  close(graceMs?: number): Promise<void>
}

export type OpenedSingle =
  | { readonly kind: 'open'; readonly link: SingleLink }
  | { readonly kind: 'failed'; readonly problem: Problem }

/** The link is not opened again: calls after its end fail. */
export const openSingle = async (
  config: BackendTransportConfig,
  ports: Ports,
  { client, peer, onNotification, signal }: SingleOptions,
): Promise<OpenedSingle> => {
  const { name, protocol } = config
  const access = createAccess(config, ports)
  await access.prove()
  const opened = await openLink(
    diallerFor(config, ports, access),
    {
      name,
      protocol,
      identity,
      capabilities: questionCapabilities(client).capabilities,
      startMs: startMsOf(config),
      clock: ports.clock,
      signal,
    },
    {
      onNotification,
      onQuestion: (question, asked, ...rest) => (asked ?? peer).ask(question, ...rest),
      onRenewed: () => undefined,
    },
  )
  if (opened.kind === 'failed') {
    access.close()
    return opened
  }
  const { link } = opened
  const send = createHop({
    name,
    identity,
    levels: createLogLevels(),
    renewParamHeaders: undefined,
    about: callerMeta(config),
  })
  const carry = createCarrier({
    name,
    clock: ports.clock,
    hasOwn: () => false,
    pool: { run: async () => notSent(unavailable(name, 'it has one session', 'closing')) },
    expose: (question) => question,
    send,
    onShared: send,
  })
  return {
    kind: 'open',
    link: {
      get agreement() {
        return link.agreement
      },
      handle: (call) => carry(link, call),
      close: async (graceMs) => {
        await link.transport.close(graceMs)
        access.close()
      },
    },
  }
}
