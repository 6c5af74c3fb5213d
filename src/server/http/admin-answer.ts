// Answers of the admin surface: JSON that no cache keeps.
import type { JsonObject } from '../../base/json.ts'
import { sendJson } from './answer-stream.ts'
import type { HttpExchange } from './state.ts'

export const sendAdminJson = (
  { res, headers }: HttpExchange,
  status: number,
  value: JsonObject | readonly JsonObject[],
): void =>
  sendJson(
    res,
    { ...headers, 'cache-control': 'no-store' },
    { status, body: Buffer.from(JSON.stringify(value)) },
  )
