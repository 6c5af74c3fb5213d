// The whole configuration document, composed from the sections that its parts own.
import * as z from 'zod'
import { transportKeys } from '../backends/config.ts'
import { authConfigSchema, secretSchema } from '../core/auth-config.ts'

const rateLimit = z.strictObject({
  requests: z.number().int().positive(),
  period_seconds: z.number().positive().default(1),
})

const proxySchema = z.strictObject({
  name: z.string().min(1),
  version: z.string().default('0.1.0'),
  instructions: z.string().optional(),
  public_url: z.url().optional(),
  separator: z.string().min(1).default('__'),
  shutdown_timeout_seconds: z.number().min(0).default(30),
  rate_limit: rateLimit.optional(),
  listen: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      port: z.number().int().min(0).max(65_535).default(8080),
    })
    .prefault({}),
})

const backendSchema = z.strictObject({
  ...transportKeys,
  timeout: z.strictObject({ seconds: z.number().positive() }).optional(),
  rate_limit: rateLimit.optional(),
})

const securitySchema = z.strictObject({
  admin_token: secretSchema.optional(),
  allow_insecure_listen: z.boolean().default(false),
  allowed_origins: z.array(z.string()).default([]),
  allowed_hosts: z.array(z.string()).default([]),
  max_body_bytes: z.number().int().positive().default(4_194_304),
})

const observabilitySchema = z.strictObject({
  audit: z.boolean().default(true),
  log_level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  json_logs: z.boolean().default(false),
  access_log: z.strictObject({ enabled: z.boolean().default(false) }).prefault({}),
  metrics: z.strictObject({ enabled: z.boolean().default(true) }).prefault({}),
})

export const configSchema = z.strictObject({
  proxy: proxySchema,
  backends: z.array(backendSchema).min(1),
  auth: authConfigSchema.default({ type: 'none' }),
  security: securitySchema.prefault({}),
  observability: observabilitySchema.prefault({}),
})

export type Config = z.infer<typeof configSchema>
export type BackendConfig = Config['backends'][number]
