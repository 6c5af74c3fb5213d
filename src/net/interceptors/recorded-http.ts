// Notes every HTTP request of a command, so that the report can show what was asked and what answered.
import { decorated } from './decorated.ts'
import type { Dispatcher } from 'undici'
import type { Ports } from '../../base/ports.ts'

export interface Attempt {
  readonly method: string
  readonly url: string
  /** Null while or when no answer came. */
  status: number | null
  ms: number | null
  /** The system's or the library's word for what went wrong. */
  error: string | null
}

/** The head of one answer, for what reads the time from it. */
export interface SeenHead {
  readonly origin: string
  readonly startedAt: number
  readonly ms: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

export interface Recording {
  readonly ports: Ports
  readonly attempts: readonly Attempt[]
}

const codeOf = (error: Error): string => {
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'gave up waiting'
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' ? code : error.name
}

/** Query strings stay out: nothing that belongs into a report is in them. */
const addressOf = ({ origin = '', path }: Dispatcher.DispatchOptions): string =>
  `${String(origin)}${path.replace(/\?.*$/s, '')}`

export const recorded = (
  ports: Ports,
  onHead: (head: SeenHead) => void = () => undefined,
): Recording => {
  const attempts: Attempt[] = []
  let dispatcher: Promise<Dispatcher> | undefined
  const open = async (): Promise<Dispatcher> =>
    (await ports.http()).compose((dispatch) => (options, handler) => {
      const startedAt = ports.clock.now()
      const attempt: Attempt = {
        method: options.method,
        url: addressOf(options),
        status: null,
        ms: null,
        error: null,
      }
      attempts.push(attempt)
      const seen = decorated(handler, {
        onResponseStart: (_, status, headers) => {
          attempt.status = status
          attempt.ms = ports.clock.now() - startedAt
          onHead({ origin: String(options.origin), startedAt, ms: attempt.ms, headers })
        },
        onResponseError: (_, error) => {
          attempt.error = codeOf(error)
          attempt.ms = ports.clock.now() - startedAt
        },
      })
      try {
        return dispatch(options, seen)
      } catch (error) {
        attempt.error = codeOf(error as Error)
        throw error
      }
    })
  return { ports: { ...ports, http: () => (dispatcher ??= open()) }, attempts }
}
