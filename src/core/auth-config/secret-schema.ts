// How a secret is written in a configuration.
import * as z from 'zod/mini'
import { Secret } from '../../base/secret.ts'
import { filled } from './schema.ts'
import { isKeyText } from '../client/key-text.ts'

const notEmpty = filled('must not be empty')

export const secretSchema = z.pipe(
  notEmpty,
  z.transform((value) => new Secret(value)),
)

/** A private key: the path of a file, which is no secret, or the key itself, which is one. */
export const privateKeySchema = z.pipe(
  notEmpty,
  z.transform((value): string | Secret => (isKeyText(value) ? new Secret(value) : value)),
)
