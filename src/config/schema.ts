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
    .describe('Port to listen on; 0 picks a free one'),
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
  instructions: z.string().optional().describe('Instructions that clients pass to the model'),
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
    .describe('Separator between the name of a backend and the name of its tool or prompt'),
  shutdown_timeout_seconds: z
    .number()
    .min(0)
    .default(30)
    .describe('Grace period in seconds for calls in flight at shutdown'),
  hot_reload: z
    .boolean()
    .default(false)
    .describe('Reload the configuration when its file changes, as SIGHUP does'),
  max_calls: z
    .number()
    .int()
    .positive()
    .default(20_000)
    .describe('Maximum number of concurrent calls; further ones get HTTP 429'),
  max_calls_per_caller: z
    .number()
    .int()
    .positive()
    .default(1000)
    .describe(
      'Maximum number of concurrent calls per caller, or per session without [auth]; further ones get HTTP 429',
    ),
  max_connections: z
    .number()
    .int()
    .positive()
    .default(40_000)
    .describe(
      'Maximum number of open connections; beyond it, the connection that has been idle longest before its first request is closed',
    ),
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
      'While this backend is down, the proxy is not ready and lists are an error; default: the other backends are served without it',
    ),
  hide_destructive: z
    .boolean()
    .default(false)
    .describe(
      'Hide, and refuse to call, tools whose annotations allow destructive effects; a tool without annotations counts as destructive',
    ),
  read_only_only: z
    .boolean()
    .default(false)
    .describe('Hide, and refuse to call, tools that are not annotated as read-only'),
  annotations_report_only: z
    .boolean()
    .default(false)
    .describe(
      'Count and log what hide_destructive and read_only_only would refuse, without hiding or refusing anything',
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
    .describe('Allow listening beyond loopback without [auth]'),
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
      'Maximum size of the arguments of one tool call, in bytes of JSON; larger ones are refused',
    ),
  max_argument_size_report_only: z
    .boolean()
    .default(false)
    .describe('Count and log calls that exceed max_argument_size instead of refusing them'),
  max_body_bytes: z
    .number()
    .int()
    .positive()
    .default(4_194_304)
    .describe('Maximum request body in bytes; larger ones get HTTP 413'),
})

export const configSchema = z.strictObject({
  proxy: proxySchema.describe('The public side of the proxy'),
  // At least one, unless there is [verify]: see verify-rules.ts.
  backends: z.array(backendSchema).describe('The MCP servers behind the proxy'),
  ...compositeKeys,
  ...profileKeys,
  auth: withDescription(defaultsTo(authConfigSchema, { type: 'none' }), 'How callers authenticate'),
  verify: verifySchema
    .optional()
    .describe(
      'A door for gateways that ask before they forward: nginx auth_request, Traefik ForwardAuth, Envoy ext_authz. Off without this section',
    ),
  cache: cacheStoreSchema
    .prefault({})
    .describe('Where cached answers are kept, for backends with cache'),
  performance: performanceSchema
    .prefault({})
    .describe('Optimisations that reduce the load on backends'),
  limits: limitsSchema.prefault({}).describe('Rate and concurrency limits'),
  shared: sharedSchema
    .optional()
    .describe(
      'What several replicas of this proxy keep for each other in Redis; needs security.seal_key',
    ),
  security: securitySchema.prefault({}).describe('Security limits'),
  observability: observabilitySchema.prefault({}).describe('Logging, metrics and traces'),
})

export type Config = z.infer<typeof configSchema>
export type BackendConfig = Config['backends'][number]
