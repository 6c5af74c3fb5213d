// How the schemas of [auth] are written: zod/mini, whose schemas are made fast enough for a command that is run in loops.
import * as z from 'zod/mini'
import en from 'zod/v4/locales/en.js'

// The full zod does this by itself. Without a locale every complaint would read "Invalid input".
z.config(en())

/** A schema and what docs/config.md and editors say about it. */
export const withDescription = <Schema extends z.ZodMiniType>(
  schema: Schema,
  description: string,
): Schema => {
  z.globalRegistry.add(schema, { description })
  return schema
}

export const descriptionOf = (schema: z.ZodMiniType): string =>
  z.globalRegistry.get(schema)?.description ?? ''

/** What holds where nothing is written. */
export const defaultsTo = <Schema extends z.ZodMiniType>(
  schema: Schema,
  value: z.output<Schema> & z.core.util.NoUndefined<z.output<Schema>>,
): z.ZodMiniDefault<Schema> =>
  // oxlint-disable-next-line no-underscore-dangle -- zod's own name for it, since `default` is a word of the language
  z._default(schema, value)

/** A string that says something. */
export const filled = (message?: string) => z.string().check(z.minLength(1, message))

/** At least one of them. */
export const listOf = <Item extends z.ZodMiniType>(item: Item) =>
  z.array(item).check(z.minLength(1))

export type KeyPath = readonly (string | number)[]
export type Complain = (path: KeyPath, message: string) => void

/** A check of everything that one key alone cannot tell. */
export const checkedBy = <Value>(check: (value: Value, complain: Complain) => void) =>
  z.superRefine<Value>((value, context) => {
    check(value, (path, message) => {
      context.addIssue({ code: 'custom', path: [...path], message })
    })
  })
