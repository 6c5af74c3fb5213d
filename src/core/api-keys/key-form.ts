// The form of an API key: prefix, id, secret, checksum. One word of letters, digits and underscores, 65 characters long.
import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { apiKeyPrefix, isApiKey } from '../token/api-key-prefix.ts'

const idLength = 10
const secretBytes = 32
/** 62^43 is more than 2^256. */
const secretLength = 43
/** 62^6 is more than 2^32. */
const checksumLength = 6

export const keyLength = apiKeyPrefix.length + idLength + 1 + secretLength + checksumLength

/** Without letters and digits that look alike: people read ids to each other. */
const idAlphabet = 'abcdefghijklmnopqrstuvwxyz234567'
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

const idForm = /^[a-z2-7]{10}$/
const keyForm = /^mcpk_([a-z2-7]{10})_[0-9A-Za-z]{49}$/

export const isKeyId = (text: string): boolean => idForm.test(text)

const base62 = (bytes: Buffer, length: number): string => {
  let rest = BigInt(`0x${bytes.toString('hex')}`)
  let text = ''
  while (text.length < length) {
    text = `${alphabet[Number(rest % 62n)] ?? ''}${text}`
    rest /= 62n
  }
  return text
}

/** Says nothing about the secret that the key itself does not say, and is no proof of anything: see docs/decisions/009. */
const checksumOf = (body: string): string => {
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  return base62(sum, checksumLength)
}

export interface MadeKey {
  /** The public part: what logs and lists call the key. */
  readonly id: string
  /** The key itself. It exists here and where it is shown, and nowhere else. */
  readonly text: string
}

export const makeKey = (): MadeKey => {
  // 32 divides 256: each letter is as likely as any other.
  const id = Array.from(randomBytes(idLength), (byte) => idAlphabet[byte % 32] ?? '').join('')
  const body = `${apiKeyPrefix}${id}_${base62(randomBytes(secretBytes), secretLength)}`
  return { id, text: `${body}${checksumOf(body)}` }
}

/** What is kept of a key: 256 random bits need no salt and no slow hash. Hexadecimal. */
export const keyDigest = (text: string): string => createHash('sha256').update(text).digest('hex')

export type ReadKey =
  | { readonly id: string; readonly fault?: undefined }
  /** `length`: too short or too long; `letters`: a character that no key has; `checksum`: mistyped. */
  | { readonly id?: undefined; readonly fault: 'length' | 'letters' | 'checksum' }

/** Whether the text can be a key at all. Looks at nothing that is secret about it. */
export const readKey = (text: string): ReadKey => {
  if (text.length !== keyLength) return { fault: 'length' }
  const id = keyForm.exec(text)?.[1]
  if (id === undefined) return { fault: 'letters' }
  const end = text.length - checksumLength
  return checksumOf(text.slice(0, end)) === text.slice(end) ? { id } : { fault: 'checksum' }
}

/** The id in what may be a key, whole or not; undefined where it is not one. */
export const idInKey = (text: string): string | undefined => {
  const id = text.slice(apiKeyPrefix.length, apiKeyPrefix.length + idLength)
  return isApiKey(text) && isKeyId(id) ? id : undefined
}
