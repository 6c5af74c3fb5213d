// A value that must not be printed: it is silent in JSON, in templates and in util.inspect.
import { createHash, timingSafeEqual } from 'node:crypto'

const inspectSymbol = Symbol.for('nodejs.util.inspect.custom')

/** The first 8 hex digits of SHA-256: enough to find a token in a log, useless to guess it. */
export const fingerprint = (value: string): string =>
  createHash('sha256').update(value).digest('hex').slice(0, 8)

const digest = (value: string): Buffer => createHash('sha256').update(value).digest()

/** Compares two secrets in constant time, whatever their lengths. */
export const equalSecrets = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))

export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value itself. Call it only where the value leaves for its one rightful receiver. */
  reveal(): string {
    return this.#value
  }

  fingerprint(): string {
    return fingerprint(this.#value)
  }

  equals(other: string): boolean {
    return equalSecrets(this.#value, other)
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [inspectSymbol](): string {
    return '[secret]'
  }
}
