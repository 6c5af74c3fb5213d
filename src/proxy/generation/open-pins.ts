// The pins of all backends, and the tools of one before them: they go on under the next configuration where the file is the same.
import type { Backend } from '../../backends/backend.ts'
import type { Ports } from '../../base/ports.ts'
import type { BackendConfig, Config } from '../../config/schema.ts'
import { quarantineProblem } from '../../pins/judgement.ts'
import { PinBook, type PinGuard } from '../../pins/pin-book.ts'
import type { Call, Handler } from '../../mcp/call.ts'
import { listChanged } from '../../mcp/methods.ts'
import type { Take } from './open-limits.ts'

/** Undefined where nothing is pinned. Throws a UsageError where there is a file that cannot be used. */
export const openPins = async (
  { backends, proxy }: Config,
  take: Take,
  ports: Ports,
): Promise<PinBook | undefined> =>
  backends.every(({ pin_tools: mode }) => mode === undefined)
    ? undefined
    : take<PinBook>(
        `pins ${proxy.pins_file}`,
        async () => {
          const book = new PinBook(proxy.pins_file, ports)
          await book.follow()
          return book
        },
        (book) => book.close(),
      )

export const guardOf = (
  { name, pin_tools: mode }: BackendConfig,
  book: PinBook | undefined,
): PinGuard | undefined =>
  mode === undefined || book === undefined ? undefined : book.guard(name, mode)

/** Other pins are other tools: what follows the lists of the backend is notified of that as of a change of its own. */
export const announcingPins = (backend: Backend, guard: PinGuard | undefined): Backend => {
  if (guard === undefined) return backend
  const subscribe: Backend['subscribe'] = (listener) => {
    const ends = [
      backend.subscribe(listener),
      guard.subscribe(() => {
        const notification = { jsonrpc: '2.0', method: listChanged.tools } as const
        listener({ kind: 'notification', notification })
      }),
    ]
    return () => {
      for (const end of ends) end()
    }
  }
  return Object.create(backend, { subscribe: { value: subscribe } }) as Backend
}

/** What reaches the backend by no list, as the calls of a backup do: a quarantined tool is not called there either. */
export const refusingPins = (handle: Handler, guard: PinGuard | undefined): Handler => {
  if (guard === undefined) return handle
  return (call: Call) => {
    const { method, params } = call.request
    const name = params?.['name']
    const found =
      method === 'tools/call' && typeof name === 'string' ? guard.quarantined(name) : undefined
    return found === undefined
      ? handle(call)
      : Promise.resolve({ kind: 'failure', problem: quarantineProblem(found), sent: false })
  }
}
