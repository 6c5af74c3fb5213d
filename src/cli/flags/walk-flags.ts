// How an address is followed to its authorization server: what `discover` and `login` are told of it alike.
import { boolean, custom, string } from '@oclif/core/flags'
import { networkFlags, type NetworkFlagValues } from './network-flags.ts'

export const walkFlags = {
  as: custom<'issuer' | 'mcp'>({
    options: ['issuer', 'mcp'],
    description: 'what the address is (default: detected)',
  })(),
  'metadata-issuer': string({
    description: 'the exact issuer that the metadata names, if it differs',
    helpValue: '<url>',
  }),
  'allow-http': boolean({ description: 'allow plain http beyond loopback' }),
  'allow-private': boolean({ description: 'allow metadata to point to private IP addresses' }),
  ...networkFlags,
}

export interface WalkFlagValues extends NetworkFlagValues {
  readonly as?: 'issuer' | 'mcp' | undefined
  readonly 'metadata-issuer'?: string | undefined
  readonly 'allow-http'?: boolean | undefined
  readonly 'allow-private'?: boolean | undefined
}
