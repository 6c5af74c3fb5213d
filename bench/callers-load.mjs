// Calls with one token after the other, over kept connections of bare sockets, so that the load costs less than what it measures.
import { connect } from 'node:net'

const body = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: {
    name: 'echo',
    arguments: { text: 'x'.repeat(32) },
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
})

const requestFor = (host, token) =>
  Buffer.from(
    `POST /mcp HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\naccept: application/json, text/event-stream\r\nmcp-protocol-version: 2026-07-28\r\nmcp-method: tools/call\r\nmcp-name: echo\r\nauthorization: Bearer ${token}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )

const run = ({ url, tokens, connections, once = false, ms = 0 }) =>
  new Promise((resolve) => {
    const { host, hostname, port } = new URL(url)
    const requests = tokens.map((token) => requestFor(host, token))
    const startedAt = Date.now()
    let [next, calls, wrong, open, example] = [0, 0, 0, 0, '']
    const isOver = () => (once ? next >= requests.length : Date.now() - startedAt >= ms)
    for (let index = 0; index < connections; index += 1) {
      const socket = connect(Number(port), hostname)
      open += 1
      let text = ''
      const send = () => {
        if (isOver()) return socket.end()
        socket.write(requests[next++ % requests.length])
      }
      socket.setNoDelay(true)
      socket.once('connect', send)
      socket.on('error', () => (wrong += 1))
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1')
        const end = text.indexOf('\r\n\r\n')
        if (end === -1) return
        const head = text.slice(0, end)
        const length = /content-length: (\d+)/i.exec(head)?.[1]
        if (
          length === undefined
            ? !text.endsWith('\r\n0\r\n\r\n')
            : text.length < end + 4 + Number(length)
        )
          return
        calls += 1
        if (
          !head.startsWith('HTTP/1.1 200') ||
          (!text.includes('"xxxx') && !text.includes('xxxx'))
        ) {
          wrong += 1
          example = text.slice(0, 600)
        }
        text = ''
        send()
      })
      socket.on('close', () => {
        open -= 1
        if (open === 0) resolve({ calls, wrong, example, ms: Date.now() - startedAt })
      })
    }
  })

const answer = async (work) => {
  process.send(await run(work))
}
process.on('message', (work) => {
  void answer(work)
})
