// The keys of [auth] about API keys of our own: the file that knows them, alone or beside tokens of an issuer.
import * as z from 'zod/mini'
import { checkRoleNames, keyRoleKeys } from './access-keys.ts'
import { checkedBy, defaultsTo, filled, withDescription, type Complain } from './schema.ts'

const keysFile = filled()

/** Beside another kind of authentication. */
export const keysFileKeys = {
  keys_file: withDescription(
    z.optional(keysFile),
    'A file of API keys, as `mcp-proxy key create` writes it: its keys are accepted too (docs/keys.md)',
  ),
}

/** A key is bound to no one: who has it may use it. */
export const checkKeysFile = (
  auth: {
    readonly keys_file?: string | undefined
    readonly sender_constraint_required: boolean
  },
  complain: Complain,
): void => {
  if (auth.keys_file !== undefined && auth.sender_constraint_required) {
    complain(
      ['keys_file'],
      'has no meaning with sender_constraint_required: no API key is bound to its sender',
    )
  }
}

export const keysConfigSchema = z
  .strictObject({
    type: z.literal('keys'),
    keys_file: withDescription(
      keysFile,
      'The file of API keys, as `mcp-proxy key create` writes it (docs/keys.md)',
    ),
    required_scopes: withDescription(
      defaultsTo(z.array(filled()), []),
      'Scopes that every key must have',
    ),
    ...keyRoleKeys,
  })
  .check(checkedBy(checkRoleNames))
