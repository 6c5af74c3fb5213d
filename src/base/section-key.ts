// One key for equal parts of a configuration, secrets included.
import { createHmac, randomBytes, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { Secret } from './secret.ts'

// A digest of a section must be of no use to anybody who sees it: it is keyed anew in each process.
const processKey = randomBytes(32)

/**
 * Equal values give equal keys within this process, whatever the order of their members; a changed secret changes the key.
 * For plain values as configuration files have them. Does not look into files that a value refers to.
 */
export const sectionKey = (value: unknown): string =>
  createHmac('sha256', processKey).update(canonical(value)).digest('base64url')

const derive = promisify<string, string, number, Buffer>(scrypt)

/**
 * Equal values give equal keys in every process that uses the same salt. Slow, by a few hundredths of a second, so that what
 * sees it cannot find out secrets by trying them (RFC 7914).
 */
export const sharedKey = async (value: unknown, salt: string): Promise<string> =>
  (await derive(canonical(value), salt, 12)).toString('base64url')

const canonical = (value: unknown): string => {
  if (value instanceof Secret) return `secret:${JSON.stringify(value.reveal())}`
  if (value instanceof RegExp) return `pattern:${JSON.stringify(String(value))}`
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
  }
  return JSON.stringify(value) ?? 'undefined'
}
