// --for: what an MCP server expects of tokens, by its own metadata and challenge.
import type { ServerExpectations } from '../token/expectations.ts'
import { investigate, type Investigation } from '../../core/investigation/investigation.ts'
import { loginTarget } from '../../core/oauth-client/target.ts'
import { networkPorts, type NetworkFlagValues } from '../flags/network-flags.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { withProgress } from '../terminal/progress.ts'
import { notedAddress } from '../address/checked-address.ts'

export interface ForFlagValues {
  /** The URL of the MCP server. */
  readonly for?: string | undefined
  readonly 'allow-http'?: boolean | undefined
  readonly 'allow-private'?: boolean | undefined
}

/** A UsageError says why the server names no issuer that could be asked. */
export const publishedExpectations = (
  address: string,
  found: Investigation,
): ServerExpectations => {
  const target = loginTarget(address, found, { resourceNamed: false })
  const others = target.issuers.filter((issuer) => issuer !== target.server.issuer)
  return {
    url: address,
    issuers: [target.server.issuer, ...others],
    audience: target.resource ?? address,
    scopes: target.challengeScopes,
  }
}

/** Undefined without --for. A UsageError says why the server names no issuer that could be asked. */
export const expectedByServer = async (
  flags: ForFlagValues & NetworkFlagValues & { readonly timeout: number },
  narrator: Pick<Narrator, 'env' | 'warn' | 'note' | 'quiet'>,
): Promise<ServerExpectations | undefined> => {
  if (flags.for === undefined) return undefined
  const example = '--for https://mcp.example.com/mcp'
  const { address } = notedAddress(flags.for, { example }, narrator)
  const ports = await networkPorts(flags, narrator)
  const found = await withProgress(
    { text: `asking ${new URL(address).host}`, quiet: narrator.quiet },
    () =>
      investigate(address, ports, {
        as: 'mcp',
        allowHttp: flags['allow-http'] === true,
        allowPrivate: flags['allow-private'] === true,
        signal: AbortSignal.timeout(flags.timeout * 1000),
      }),
  )
  return publishedExpectations(address, found)
}
