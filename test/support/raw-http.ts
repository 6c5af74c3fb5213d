// Requests as bytes on a socket, and what comes back until the peer ends the connection or an answer is whole.
import { connect, type Socket } from 'node:net'

export interface RawAnswer {
  /** 0 where the connection ended without an answer. */
  readonly status: number
  readonly head: string
  readonly body: string
}

const answerOf = (text: string): RawAnswer => {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  return {
    status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0),
    head: head.toLowerCase(),
    body: rest.join('\r\n\r\n'),
  }
}

const isWhole = ({ head, body }: RawAnswer): boolean => {
  const length = /\r\ncontent-length: (\d+)/.exec(head)?.[1]
  return length !== undefined && Buffer.byteLength(body, 'latin1') >= Number(length)
}

export const openSocket = (origin: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(origin)
    const socket = connect(Number(port), hostname, () => {
      socket.off('error', reject)
      socket.on('error', () => undefined)
      resolve(socket)
    })
    socket.once('error', reject)
  })

/** The first answer on a connection. */
export const readAnswer = (socket: Socket): Promise<RawAnswer> =>
  new Promise((resolve) => {
    let text = ''
    const settle = () => {
      socket.off('data', read)
      socket.off('close', settle)
      resolve(answerOf(text))
    }
    const read = (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (text.includes('\r\n\r\n') && isWhole(answerOf(text))) settle()
    }
    socket.on('data', read)
    socket.on('close', settle)
  })

export const sendRaw = async (origin: string, text: string | Buffer): Promise<RawAnswer> => {
  const socket = await openSocket(origin)
  const answer = readAnswer(socket)
  socket.write(text)
  try {
    return await answer
  } finally {
    socket.destroy()
  }
}
