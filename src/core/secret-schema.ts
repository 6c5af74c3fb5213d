// How a secret is written in a configuration.
import * as z from 'zod'
import { Secret } from '../base/secret.ts'
import { isKeyText } from './key-text.ts'

export const secretSchema = z
  .string()
  .min(1, 'must not be empty')
  .transform((value) => new Secret(value))

/** A private key: the path of a file, which is no secret, or the key itself, which is one. */
export const privateKeySchema = z
  .string()
  .min(1, 'must not be empty')
  .transform((value): string | Secret => (isKeyText(value) ? new Secret(value) : value))
