// Seals what a stateless caller carries for us between two requests, so that only its own call gets it back unchanged.
import { readJson, writeJson } from '../base/exact-json.ts'
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
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
  seal(content: JsonObject, binding: Binding): string
  /** Undefined for what was not sealed here, for somebody else, for another request, or too long ago. */
  open(state: unknown, binding: Binding): JsonObject | undefined
}

const algorithm = 'aes-256-gcm'
const ivBytes = 12
const tagBytes = 16
const lifetimeMs = 15 * 60_000
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

/** The key is made here and lives as long as the process: another one opens nothing of this. */
export const createStateSealer = (
  now: () => number,
  key: Uint8Array = randomBytes(32),
): StateSealer => ({
  seal: (content, binding) => {
    const iv = randomBytes(ivBytes)
    const cipher = createCipheriv(algorithm, key, iv)
    cipher.setAAD(Buffer.from(digestOf(binding)))
    const text = writeJson({ until: now() + lifetimeMs, content })
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')
  },
  open: (state, binding) => {
    if (typeof state !== 'string' || state.length > maxLength) return undefined
    const bytes = Buffer.from(state, 'base64url')
    // Characters that are no base64url are skipped by the decoder: they would be a second spelling.
    if (bytes.length <= ivBytes + tagBytes || bytes.toString('base64url') !== state)
      return undefined
    try {
      const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivBytes))
      decipher.setAAD(Buffer.from(digestOf(binding)))
      decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes))
      const sealed = bytes.subarray(ivBytes + tagBytes)
      const text = Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8')
      const opened = readJson(text) as { readonly until: number; readonly content: JsonObject }
      return opened.until > now() ? opened.content : undefined
    } catch {
      return undefined
    }
  },
})
