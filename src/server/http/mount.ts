// A door without a socket: requests come from a server that others listen with.
import type { RequestListener, ServerResponse } from 'node:http'
import { nothingServed } from './admin.ts'
import { sendJson } from './answer-stream.ts'
import { carryOut, openExchange } from './arrival.ts'
import { busyAnswer, type Door, type DoorOptions } from './door.ts'
import { urlOf } from './listen.ts'

export interface Mount extends Door {
  readonly handle: RequestListener
}

const nothing = (): void => undefined

/** Answers a request to a path that the proxy does not serve, where there is no application to hand it to. */
export const answerNothingServed = (res: ServerResponse): void =>
  sendJson(res, {}, { status: 404, body: Buffer.from(JSON.stringify(nothingServed)) })

/** Takes no address: that of the configuration says how callers on this machine would reach it, where nothing else does. */
export const openMount = ({ listen, current, route }: DoorOptions): Mount => {
  const answering = new Set<ServerResponse>()
  const waiting: (() => void)[] = []
  const settle = (): void => {
    if (answering.size > 0) return
    for (const done of waiting.splice(0)) done()
  }
  return {
    handle: (req, res) => {
      const state = current()
      if (state === undefined) {
        sendJson(res, {}, busyAnswer('The proxy is starting'))
        return
      }
      answering.add(res)
      res.once('close', () => {
        answering.delete(res)
        settle()
      })
      const exchange = openExchange(state, req, res)
      carryOut(exchange, route, exchange)
    },
    server: {
      close: (done) => {
        if (done !== undefined) waiting.push(done)
        settle()
      },
      // Connections are not ours, answers are.
      closeIdleConnections: nothing,
      closeAllConnections: () => {
        for (const res of answering) res.destroy()
      },
    },
    host: listen.host,
    port: listen.port,
    url: urlOf(listen.host, listen.port, 'http'),
    tick: nothing,
    renew: nothing,
    endHandshakes: nothing,
    pause: nothing,
    resume: async () => undefined,
    resize: nothing,
  }
}
