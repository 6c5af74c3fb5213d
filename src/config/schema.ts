// The whole configuration document, composed from the sections that its parts own.
import * as z from 'zod'
import { isAddressRange } from '../net/address.ts'
import { transportKeys } from '../backends/config.ts'
import { trafficKeys } from '../traffic/keys.ts'
import { replicaKeys } from '../backends/replica-config.ts'
import { authConfigSchema } from '../core/auth-config/auth-config.ts'
import { defaultsTo, withDescription } from '../core/auth-config/schema.ts'
import { isKeyText } from '../core/client/key-text.ts'
import { verifySchema } from './verify.ts'
import { adminKeys } from './admin-config.ts'
import { sealKeys } from './seal-config.ts'
import { shapingKeys } from '../shaping/shaping-config.ts'
import { pinFileKeys, pinKeys } from '../pins/pins-config.ts'
import { cacheStoreSchema, performanceSchema } from '../cache/cache-config.ts'
import { compositeKeys } from '../composites/composite-config.ts'
import { profileKeys } from './profile-schema.ts'
import { discoveryKeys } from '../discovery/discovery-config.ts'
import { limitsSchema } from '../limits/limits-config.ts'
import { observabilitySchema } from './observability-schema.ts'
import { sharedSchema } from '../shared/shared-config.ts'
import { backendLayerKeys, proxyLayerKeys } from '../layers/order.ts'

const listenSchema = z.strictObject({
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address to listen on; beyond loopback it needs [auth] or allow_insecure_listen'),
  port: z
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(8080)
    .describe('Port to listen on; 0 takes a free one'),
})

/** Its content would be shown wherever the name of the file is. */
const fileName = z
  .string()
  .min(1)
  .refine((value) => !isKeyText(value), 'is PEM text: write it to a file and name the file')

const tlsSchema = z.strictObject({
  cert: fileName.describe(
    'PEM file with the certificate of the proxy, followed by the intermediate certificates',
  ),
  key: fileName.describe('PEM file with the private key of the certificate, not encrypted'),
  client_ca: fileName
    .optional()
    .describe('PEM file with the authorities that sign the certificates of clients'),
  client_auth: z
    .enum(['none', 'request', 'require'])
    .default('none')
    .describe(
      'Whether clients are asked for a certificate; without one, or with one that client_ca did not sign, `require` answers HTTP 403 to everything except /health and /ready',
    ),
  min_version: z
    .enum(['1.2', '1.3'])
    .default('1.2')
    .describe('Oldest version of TLS that is accepted'),
})

const proxySchema = z.strictObject({
  name: z.string().min(1).describe('Name that clients see in the server info'),
  version: z.string().default('0.1.0').describe('Version that clients see in the server info'),
  instructions: z.string().optional().describe('What clients tell the model about this server'),
  public_url: z
    .url()
    .optional()
    .describe(
      'The full URL of the endpoint as callers know it, with its path; it is the `resource` of the metadata and the default audience',
    ),
  separator: z
    .string()
    .min(1)
    .max(8)
    .default('__')
    .describe('Stands between the name of a backend and the name of its tool or prompt'),
  shutdown_timeout_seconds: z
    .number()
    .min(0)
    .default(30)
    .describe('Seconds that calls in flight get to finish when the proxy ends'),
  hot_reload: z
    .boolean()
    .default(false)
    .describe('Reload the configuration when its file changes, as SIGHUP does'),
  max_calls: z
    .number()
    .int()
    .positive()
    .default(20_000)
    .describe('Most calls in flight; beyond it HTTP 429'),
  max_calls_per_caller: z
    .number()
    .int()
    .positive()
    .default(1000)
    .describe(
      'Most calls of one caller in flight, without [auth] of one session; beyond it HTTP 429',
    ),
  max_connections: z
    .number()
    .int()
    .positive()
    .default(40_000)
    .describe('Most open connections; beyond it the one ends that has waited longest to ask'),
  ...discoveryKeys,
  ...pinFileKeys,
  ...proxyLayerKeys,
  listen: listenSchema.prefault({}).describe('Where the proxy listens'),
  tls: tlsSchema
    .optional()
    .describe('HTTPS instead of plain HTTP; the files are read again when they change'),
})

const backendSchema = z.strictObject({
  ...transportKeys,
  ...replicaKeys,
  ...trafficKeys,
  required: z
    .boolean()
    .default(false)
    .describe(
      'Without this backend the proxy is not ready, and lists are an error instead of shorter; default: the others go on alone',
    ),
  hide_destructive: z
    .boolean()
    .default(false)
    .describe(
      'Hide, and refuse to call, tools that may destroy something by their annotations; a tool without annotations may',
    ),
  read_only_only: z
    .boolean()
    .default(false)
    .describe(
      'Hide, and refuse to call, tools that do not say in their annotations that they only read',
    ),
  annotations_report_only: z
    .boolean()
    .default(false)
    .describe(
      'Count and log what hide_destructive and read_only_only would refuse, and refuse and hide nothing',
    ),
  ...pinKeys,
  ...shapingKeys,
  ...backendLayerKeys,
})

const securitySchema = z.strictObject({
  ...adminKeys,
  allow_insecure_listen: z
    .boolean()
    .default(false)
    .describe('Allow to listen beyond loopback without [auth]'),
  allow_weaker_reload: z
    .boolean()
    .default(false)
    .describe(
      'Allow reloads that accept more callers, tokens or addresses than this configuration; without it they are refused',
    ),
  allowed_origins: z
    .array(z.string())
    .default([])
    .describe(
      'Origins of browsers that may call, besides those of this machine: scheme, host and port; "*" in place of a whole label, as in https://*.example.com, is any one label, in place of the port any port, and alone any origin, "null" included',
    ),
  allowed_hosts: z
    .array(z.string())
    .default([])
    .describe('Host headers to accept, besides those of the listener and of public_url'),
  trusted_proxies: z
    .array(
      z.string().refine(isAddressRange, 'is neither an IP address nor a range like 10.0.0.0/8'),
    )
    .default([])
    .describe(
      'Addresses and ranges of the TLS terminators and gateways in front: only from these are auth.client_cert_header and, at [verify], the original method, URL and client address believed',
    ),
  client_address_header: z
    .string()
    .regex(/^[!#$%&'*+.^_`|~\w-]+$/, 'is not the name of a header')
    .optional()
    .describe(
      'The header in which trusted_proxies report the address of the client: X-Forwarded-For, Forwarded or one of their own. Its last address that is not among trusted_proxies counts for limits, conditions, the audit file and decisions; default: the address of the connection',
    ),
  session_id_header: z
    .string()
    .regex(/^[!#$%&'*+.^_`|~\w-]+$/, 'is not the name of a header')
    .optional()
    .describe(
      'The header in which trusted_proxies name the id of a session that begins, so that they find its replica by a hash of the id: 32 to 128 letters, digits, "-" and "_" that cannot be guessed; default: the proxy makes the id',
    ),
  ...sealKeys,
  max_argument_size: z
    .number()
    .int()
    .positive()
    .optional()
    .describe(
      'Most bytes of the arguments of one call of a tool, as JSON; beyond it the call is refused',
    ),
  max_argument_size_report_only: z
    .boolean()
    .default(false)
    .describe('Count and log the calls that are beyond max_argument_size, and refuse none'),
  max_body_bytes: z
    .number()
    .int()
    .positive()
    .default(4_194_304)
    .describe('Largest request body; beyond it HTTP 413'),
})

export const configSchema = z.strictObject({
  proxy: proxySchema.describe('The proxy as its callers see it'),
  // At least one, unless there is [verify]: see verify-rules.ts.
  backends: z.array(backendSchema).describe('The MCP servers behind the proxy'),
  ...compositeKeys,
  ...profileKeys,
  auth: withDescription(
    defaultsTo(authConfigSchema, { type: 'none' }),
    'How callers prove who they are',
  ),
  verify: verifySchema
    .optional()
    .describe(
      'A door for gateways that ask before they forward: nginx auth_request, Traefik ForwardAuth, Envoy ext_authz. Off without this section',
    ),
  cache: cacheStoreSchema
    .prefault({})
    .describe('Where cached answers are kept, for backends with cache'),
  performance: performanceSchema.prefault({}).describe('What saves backends work'),
  limits: limitsSchema.prefault({}).describe('Who may call how often'),
  shared: sharedSchema
    .optional()
    .describe(
      'What several replicas of this proxy keep for each other in Redis; needs security.seal_key',
    ),
  security: securitySchema.prefault({}).describe('Limits of trust'),
  observability: observabilitySchema.prefault({}).describe('What the proxy reports about its work'),
})

export type Config = z.infer<typeof configSchema>
export type BackendConfig = Config['backends'][number]
