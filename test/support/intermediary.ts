// A TCP relay that gives up on connections which are silent for too long, by a clock that the test moves.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Clock } from '../../src/base/clock.ts'

export interface Intermediary {
  readonly origin: string
  /** Connections that it gave up on. */
  readonly cut: number
  /** Resolves with the next bytes from behind. */
  heard(): Promise<void>
  /** Cuts every connection now, as a restart would. */
  cutAll(): void
  close(): Promise<void>
}

/** Stands before `target`, as load balancers do: after `idleMs` without a byte in either direction it cuts. */
export const startIntermediary = async (
  target: string,
  clock: Clock,
  idleMs: number,
): Promise<Intermediary> => {
  const { hostname, port } = new URL(target)
  const pairs = new Map<Socket, { readonly behind: Socket; seen: number }>()
  const listeners: (() => void)[] = []
  const ended = new AbortController()
  let cut = 0

  const server = createServer((front) => {
    const behind = connect(Number(port), hostname)
    const pair = { behind, seen: clock.now() }
    pairs.set(front, pair)
    const note = () => {
      pair.seen = clock.now()
    }
    front.on('data', note)
    behind.on('data', () => {
      note()
      for (const hear of listeners.splice(0)) hear()
    })
    const end = () => {
      pairs.delete(front)
      front.destroy()
      behind.destroy()
    }
    for (const socket of [front, behind]) socket.on('error', end).on('close', end)
    front.pipe(behind)
    behind.pipe(front)
  })
  const watch = async () => {
    for (;;) {
      await clock.sleep(1000, ended.signal)
      for (const [front, { behind, seen }] of pairs) {
        if (clock.now() - seen < idleMs) continue
        cut += 1
        front.destroy()
        behind.destroy()
      }
    }
  }
  watch().catch(() => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get cut() {
      return cut
    },
    heard: () => new Promise((resolve) => listeners.push(resolve)),
    cutAll: () => {
      for (const front of pairs.keys()) front.destroy()
    },
    close: async () => {
      ended.abort()
      for (const front of pairs.keys()) front.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
