// The flags of commands that talk to one MCP server: which one, how, and with which credential.
import { boolean, custom, string } from '@oclif/core/flags'
import { storeFlag } from '../flags/auth-flags.ts'
import { envFileFlag } from '../flags/config-flag.ts'
import { networkFlags, type NetworkFlagValues } from '../flags/network-flags.ts'
import { protocols, transports, type TargetFlagValues } from './target.ts'

const group = { helpGroup: 'SERVER' } as const

export const serverFlags = {
  config: string({
    char: 'c',
    description: 'the configuration that has the backend (default: proxy.toml)',
    helpValue: '<file>',
    ...group,
  }),
  ...envFileFlag,
  transport: custom<(typeof transports)[number]>({
    options: [...transports],
    description: 'transport of the server (default: http or websocket, by the scheme)',
    ...group,
  })(),
  protocol: custom<(typeof protocols)[number]>({
    options: [...protocols],
    description: 'protocol era to use (default: negotiated)',
    ...group,
  })(),
  ...storeFlag,
  token: string({
    description: 'the token for the server: "-" for stdin, "@file" (default: MCP_PROXY_TOKEN)',
    helpValue: '<token>',
    exclusive: ['store'],
    ...group,
  }),
  'allow-http': boolean({
    description: 'send the token over plain http beyond loopback',
    ...group,
  }),
  ...networkFlags,
}

export interface ServerFlagValues extends TargetFlagValues, NetworkFlagValues {
  readonly store?: string | undefined
  readonly token?: string | undefined
  readonly timeout: number
}
