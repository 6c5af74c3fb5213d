// A collector that reads what it is sent and says how much that was: GET answers with the number of bytes.
import { createServer } from 'node:http'

let received = 0
const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(String(received))
    return
  }
  request.on('data', (chunk) => {
    received += chunk.length
  })
  request.on('end', () => response.end())
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`)
})
