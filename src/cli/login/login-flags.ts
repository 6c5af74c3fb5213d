// The flags of `login`: what to ask for, as whom, by which flow, and where the token goes.
import { boolean, string } from '@oclif/core/flags'
import { authFlags } from '../flags/auth-flags.ts'
import { walkFlags, type WalkFlagValues } from '../flags/walk-flags.ts'
import type { OwnClientFlags } from './own-client.ts'
import { wholeNumber } from '../flags/whole-number.ts'

const flow = { helpGroup: 'FLOW' } as const
const client = { helpGroup: 'CLIENT' } as const
const wish = { helpGroup: 'REQUEST' } as const
const result = { helpGroup: 'RESULT' } as const

export const loginFlags = {
  store: string({
    description: 'keep the login under this name (default: the host of the address)',
    helpValue: '<name>',
    ...result,
  }),
  bare: boolean({
    description: 'print the access token and nothing else on stdout; kept only with --store',
    exclusive: ['header', 'json'],
    ...result,
  }),
  header: boolean({
    description: 'print "Authorization: Bearer ..." for curl -H @-; kept only with --store',
    exclusive: ['bare', 'json'],
    ...result,
  }),
  list: boolean({
    description: 'show stored logins without contacting a server (also: mcp-proxy whoami)',
    ...result,
  }),
  check: string({
    description:
      'say whether the login of this name is still good, until when, and whether it can be renewed',
    helpValue: '<name>',
    exclusive: ['list', 'reset'],
    ...result,
  }),
  reset: string({
    description:
      'forget the login of this name and the client that was registered for it; revokes nothing',
    helpValue: '<name>',
    exclusive: ['list', 'check'],
    ...result,
  }),
  explain: boolean({
    description:
      'print each step as it is taken, with every parameter and its specification; secrets are masked',
    ...flow,
  }),
  device: boolean({
    description: 'show a code to enter on another device (RFC 8628)',
    exclusive: ['client-credentials'],
    ...flow,
  }),
  'client-credentials': boolean({
    description: 'log in as the client itself, without a person',
    exclusive: ['device'],
    ...flow,
  }),
  'no-browser': boolean({ description: 'open no browser: only print the address', ...flow }),
  port: wholeNumber({
    description: 'wait for the browser on this port (default: any free one)',
    helpValue: '<port>',
    min: 1,
    max: 65_535,
    ...flow,
  }),
  'redirect-uri': string({
    description:
      'the loopback address that the client is registered with (default http://127.0.0.1/callback)',
    helpValue: '<url>',
    ...flow,
  }),
  'assume-s256': boolean({
    description: 'use PKCE with S256 though the metadata does not say it is supported',
    ...flow,
  }),
  timeout: wholeNumber({
    description: 'seconds to wait for the login to be completed (default 300)',
    helpValue: '<seconds>',
    min: 1,
    max: 3600,
    ...flow,
  }),
  scope: string({
    description: 'a scope to ask for; may be repeated (default: what the MCP server asks for)',
    helpValue: '<scope>',
    multiple: true,
    multipleNonGreedy: true,
    ...wish,
  }),
  resource: string({
    description: 'what the token is for (default: the MCP server)',
    helpValue: '<url>',
    exclusive: ['no-resource'],
    ...wish,
  }),
  'no-resource': boolean({
    description: 'send no resource: for servers that refuse the parameter, as Entra does',
    exclusive: ['resource'],
    ...wish,
  }),
  'client-id': string({
    description: 'a client that is registered there',
    helpValue: '<id>',
    ...client,
  }),
  'client-metadata-url': string({
    description: 'the client ID metadata document to log in as, where the server takes one',
    helpValue: '<url>',
    exclusive: ['client-id'],
    ...client,
  }),
  'client-secret-file': authFlags['client-secret-file'],
  'client-secret-stdin': authFlags['client-secret-stdin'],
  'client-auth': authFlags['client-auth'],
  'client-key-file': authFlags['client-key-file'],
  'client-cert-file': authFlags['client-cert-file'],
  'client-cert-key-file': authFlags['client-cert-key-file'],
  ...walkFlags,
}

export interface LoginFlags extends OwnClientFlags, WalkFlagValues {
  readonly store?: string | undefined
  readonly bare?: boolean | undefined
  readonly header?: boolean | undefined
  readonly list?: boolean | undefined
  readonly check?: string | undefined
  readonly reset?: string | undefined
  readonly explain?: boolean | undefined
  readonly device?: boolean | undefined
  readonly 'client-credentials'?: boolean | undefined
  readonly 'no-browser'?: boolean | undefined
  readonly port?: number | undefined
  readonly 'redirect-uri'?: string | undefined
  readonly 'assume-s256'?: boolean | undefined
  readonly timeout?: number | undefined
  readonly scope?: string[] | undefined
  readonly resource?: string | undefined
  readonly 'no-resource'?: boolean | undefined
  readonly 'client-metadata-url'?: string | undefined
}
