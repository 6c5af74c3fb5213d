// How the protected resource metadata is answered: open to everyone, from any page, without a token (RFC 9728 section 3).
import type { JsonObject } from '../../base/json.ts'

export interface MetadataAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Undefined: none. */
  readonly body: Buffer | undefined
}

const open = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, HEAD, OPTIONS',
  'access-control-allow-headers': '*',
}

/** `content-type` and `content-length` of a body are for the caller to set. */
export const metadataAnswer = (
  method: string | undefined,
  document: JsonObject,
): MetadataAnswer => {
  if (method === 'OPTIONS') return { status: 204, headers: open, body: undefined }
  if (method !== 'GET' && method !== 'HEAD') {
    return {
      status: 405,
      headers: { ...open, allow: 'GET, HEAD, OPTIONS', 'content-length': '0' },
      body: undefined,
    }
  }
  return {
    status: 200,
    headers: { ...open, 'cache-control': 'max-age=3600' },
    body: Buffer.from(JSON.stringify(document)),
  }
}
