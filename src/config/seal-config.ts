// The keys of [security] with which what others carry or keep for the proxy is sealed.
import * as z from 'zod'
import { Secret } from '../base/secret.ts'

/** `openssl rand -base64 32` gives 44 characters. */
const leastLength = 32

const sealKey = z
  .string()
  .min(leastLength)
  .transform((value) => new Secret(value))

export const sealKeys = {
  seal_key: sealKey
    .optional()
    .describe(
      'Seals what stateless callers carry from one request to the next, and what [shared] keeps in Redis: the same in every replica; default: a key of each process, which only that process opens',
    ),
  other_seal_keys: z
    .array(sealKey)
    .max(8)
    .default([])
    .describe(
      'Keys that open and never seal: the next seal_key before a rotation, the last one after it',
    ),
} as const
