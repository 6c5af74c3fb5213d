// The lines of one backend's processes to the test: what happens there, and what they shall do of themselves.
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

export interface Happening {
  readonly pid: number
  readonly event?: 'started' | 'waiting' | 'aborted' | 'flooded'
  readonly done?: 'add' | 'touch'
  readonly tag?: string
}

export interface Switchboard {
  /** The environment by which a fixture server finds it. */
  readonly env: Readonly<Record<string, string>>
  /** Resolves with the first that fits, of those that were told already too. */
  until(fits: (happening: Happening) => boolean): Promise<Happening>
  /** A tool comes to every server of the backend; resolves when each has said so. */
  add(tool: string): Promise<void>
  /** A resource changes at every server of the backend. */
  touch(uri: string): Promise<void>
  /** Ends every process of the backend as a crash would, and resolves when they are gone. */
  crash(): Promise<void>
  close(): Promise<void>
}

interface Line {
  readonly socket: Socket
  pid: number
}

export const openSwitchboard = async (): Promise<Switchboard> => {
  const told: Happening[] = []
  const waiting = new Set<() => void>()
  const lines = new Set<Line>()

  const until: Switchboard['until'] = (fits) =>
    new Promise((resolve) => {
      let from = 0
      const look = () => {
        const found = told.slice(from).find(fits)
        from = told.length
        if (found === undefined) return
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      look()
    })
  const server = createServer((socket) => {
    const line: Line = { socket, pid: 0 }
    socket.on('error', () => undefined)
    socket.on('close', () => lines.delete(line))
    createInterface({ input: socket }).on('line', (text) => {
      const happening = JSON.parse(text) as Happening
      line.pid = happening.pid
      lines.add(line)
      told.push(happening)
      for (const look of waiting) look()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  const order = async (done: NonNullable<Happening['done']>, rest: object) => {
    const before = told.length
    const open = [...lines]
    for (const { socket } of open) socket.write(`${JSON.stringify({ order: done, ...rest })}\n`)
    const gone = open.map(({ socket }) => once(socket, 'close'))
    await Promise.all(
      open.map(({ pid }, at) =>
        Promise.race([
          gone[at],
          until((one) => one.done === done && one.pid === pid && told.indexOf(one) >= before),
        ]),
      ),
    )
  }
  return {
    env: { FIXTURE_CONTROL: String((server.address() as AddressInfo).port) },
    until,
    add: (tool) => order('add', { tool }),
    touch: (uri) => order('touch', { uri }),
    crash: async () => {
      await Promise.all(
        [...lines].map(async ({ pid, socket }) => {
          const gone = once(socket, 'close')
          process.kill(pid, 'SIGKILL')
          await gone
        }),
      )
    },
    close: async () => {
      for (const { socket } of lines) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
