<<<<<<< HEAD
// Where a Redis is and how it is reached: keys that several sections have.
import * as z from 'zod'
import { secretSchema } from '../core/auth-config/secret-schema.ts'

const isRedisUrl = (text: string): boolean =>
=======
// The keys that say where a Redis is and who we are there, in whatever section they are.
import * as z from 'zod'
import { secretSchema } from '../core/auth-config/secret-schema.ts'
import type { Secret } from '../base/secret.ts'

export const isRedisUrl = (text: string): boolean =>
>>>>>>> main
  URL.canParse(text) && /^rediss?:$/.test(new URL(text).protocol)

const hasCredential = (text: string): boolean => {
  if (!URL.canParse(text)) return false
  const { username, password, search } = new URL(text)
  return username !== '' || password !== '' || search !== ''
}

<<<<<<< HEAD
/** `section`: where the credential belongs, for the message. */
export const redisUrlSchema = (section: string) =>
  z
=======
/** `section`: where they are, for messages. */
export const redisKeys = (section: string) => ({
  url: z
>>>>>>> main
    .string()
    .refine(isRedisUrl, 'is not a URL like redis://10.0.0.5:6379/0 or rediss://redis.example.com')
    .refine(
      (text) => !hasCredential(text),
      `must have no user name, password or query: ${section}.username and ${section}.password are for them`,
    )
<<<<<<< HEAD

export const redisAccessKeys = {
  username: z.string().min(1).optional().describe('User of the access control list of Redis'),
  password: z.optional(secretSchema).describe('Password for Redis'),
  timeout_seconds: z
    .number()
    .positive()
    .max(10)
    .default(0.25)
    .describe('Longest wait for an answer of Redis'),
}

const accessSchema = z.object({ url: z.string(), ...redisAccessKeys })

/** What a connection needs. */
export type RedisAccess = z.infer<typeof accessSchema>
=======
    .describe('Where Redis is: redis://host:port/database, or rediss:// for TLS; no password'),
  username: z.string().min(1).optional().describe('User of the access control list of Redis'),
  password: z.optional(secretSchema).describe('Password for Redis'),
})

export interface RedisAccess {
  readonly url: string
  readonly username?: string | undefined
  readonly password?: Secret | undefined
}

/** `host:port`, as logs and reports show it. */
export const redisAddress = ({ url }: Pick<RedisAccess, 'url'>): string => {
  const { hostname, port } = new URL(url)
  return `${hostname}:${port === '' ? '6379' : port}`
}
>>>>>>> main
