// Seals what a stateless caller carries for us between two requests, so that only its own call gets it back unchanged.
import { readJson, writeJson } from '../base/exact-json.ts'
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import type { Secret } from '../base/secret.ts'
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts'
import type { JsonRpcRequest } from './json-rpc.ts'

/** What a state is bound to. */
export interface Binding {
  /** The key of the caller's principal. */
  readonly owner: string
  readonly backend: string
  /** With exposed names. */
  readonly request: Pick<JsonRpcRequest, 'method' | 'params'>
}

export interface StateSealer {
  /** `lifetimeMs`: how long it opens; default: a quarter of an hour. */
  seal(content: JsonObject, binding: Binding, lifetimeMs?: number): string
  /** Undefined for what was not sealed with a key of ours, for another caller or request, or too long ago. */
  open(state: unknown, binding: Binding, mostCharacters?: number): JsonObject | undefined
  /** From now on `first` seals, or the key of the process where it is undefined; all of them open. 32 bytes each. */
  use(first: Uint8Array | undefined, others: readonly Uint8Array[]): void
}

const algorithm = 'aes-256-gcm'
const ivBytes = 12
const tagBytes = 16
const usualLifetimeMs = 15 * 60_000
/** Of a state as it comes back: a backend's own is within. */
const maxLength = 256 * 1024

const sorted = (value: Json | undefined): Json => {
  if (Array.isArray(value)) return (value as readonly Json[]).map(sorted)
  if (!isJsonObject(value)) return value ?? null
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]))
}

/** Two requests are one if a retry may differ from the other: in what it answers and what it tells beside. */
const digestOf = ({ owner, backend, request }: Binding): string => {
  const { _meta, inputResponses: _answers, requestState: _state, ...params } = request.params ?? {}
  const text = writeJson([owner, backend, request.method, sorted(params)])
  return createHash('sha256').update(text).digest('base64url')
}

/** Undefined where it was not sealed with this key. */
const decrypted = (key: Uint8Array, bytes: Buffer, digest: Buffer): string | undefined => {
  try {
    const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivBytes))
    decipher.setAAD(digest)
    decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes))
    const sealed = bytes.subarray(ivBytes + tagBytes)
    return Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}

const keyBytes = 32

/** The key of a text that is as hard to guess as a key (RFC 5869). */
export const sealKeyOf = (secret: Secret): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret.reveal(), '', 'mcp-proxy seal 1', keyBytes))

/** `own`: the key of the process, which lives as long as that. */
export const createStateSealer = (
  now: () => number,
  own: Uint8Array = randomBytes(keyBytes),
): StateSealer => {
  let sealing = own
  let keys: readonly Uint8Array[] = [own]
  return {
    seal: (content, binding, lifetimeMs = usualLifetimeMs) => {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv(algorithm, sealing, iv)
      cipher.setAAD(Buffer.from(digestOf(binding)))
      const text = writeJson({ until: now() + lifetimeMs, content })
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')
    },
    open: (state, binding, mostCharacters = maxLength) => {
      if (typeof state !== 'string' || state.length > mostCharacters) return undefined
      const bytes = Buffer.from(state, 'base64url')
      // Characters that are no base64url are skipped by the decoder: they would be a second spelling.
      if (bytes.length <= ivBytes + tagBytes || bytes.toString('base64url') !== state)
        return undefined
      const digest = Buffer.from(digestOf(binding))
      for (const key of keys) {
        const text = decrypted(key, bytes, digest)
        if (text === undefined) continue
        const opened = readJson(text) as { readonly until: number; readonly content: JsonObject }
        return opened.until > now() ? opened.content : undefined
      }
      return undefined
    },
    use: (first, others) => {
      sealing = first ?? own
      keys = sealing === own ? [own, ...others] : [sealing, ...others, own]
    },
  }
}
