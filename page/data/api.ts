// The admin API as the page asks it. The admin token stays in this tab: in memory and in its sessionStorage.
import { createStore } from './store.ts'

const place = 'mcp-proxy admin token'

/** A refusal of the proxy, in its words, or an answer that did not come. */
export class ApiError extends Error {
  readonly status: number
  readonly code: string | undefined
  readonly hint: string | undefined

  constructor(status: number, message: string, code?: string, hint?: string) {
    super(message)
    this.status = status
    this.code = code
    this.hint = hint
  }
}

/** What the proxy last said of us: `asked` is why it wants a token, or another one. */
export const access = createStore<{ readonly asked: string | undefined }>({ asked: undefined })

export const adminToken = (): string | undefined => sessionStorage.getItem(place) ?? undefined

export const useAdminToken = (token: string | undefined): void => {
  if (token === undefined) sessionStorage.removeItem(place)
  else sessionStorage.setItem(place, token)
  access.set({ asked: undefined })
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const errorOf = async (answer: Response): Promise<ApiError> => {
  const body = (await answer.json().catch(() => ({}))) as {
    readonly error?: {
      readonly message?: unknown
      readonly code?: unknown
      readonly hint?: unknown
      readonly data?: { readonly code?: unknown; readonly hint?: unknown }
    }
  }
  const { message, code, hint, data = {} } = body.error ?? {}
  return new ApiError(
    answer.status,
    text(message) ?? `The proxy answered ${String(answer.status)}`,
    text(data.code) ?? text(code),
    text(data.hint) ?? text(hint),
  )
}

export interface Asking {
  readonly method?: 'GET' | 'POST'
  /** Goes as JSON. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** Throws an ApiError where the proxy refuses or is not there. */
export const ask = async (path: string, asking: Asking = {}): Promise<Response> => {
  const { method = 'GET', body, headers = {}, signal } = asking
  const token = adminToken()
  const answer = await fetch(new URL(path, document.baseURI), {
    method,
    cache: 'no-store',
    credentials: 'same-origin',
    redirect: 'error',
    headers: {
      ...headers,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error
    throw new ApiError(0, 'The proxy does not answer')
  })
  if (answer.ok) return answer
  const error = await errorOf(answer)
  if (answer.status === 401) {
    access.set({
      asked: token === undefined ? 'This proxy asks for an admin token.' : 'The token was refused.',
    })
  }
  throw error
}

export const getJson = async <Value>(path: string, asking?: Asking): Promise<Value> =>
  (await (await ask(path, asking)).json()) as Value
