// The least a bridge from stdio to Streamable HTTP can do: a POST for each line, its answer as a line. Nothing is looked at.
import { createInterface } from 'node:readline'
import { Agent, request } from 'undici'

const [url] = process.argv.slice(2)
const dispatcher = new Agent({ connections: 64 })
const headers = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
}
let session

createInterface({ input: process.stdin }).on('line', (line) => {
  const sent = session === undefined ? headers : { ...headers, 'mcp-session-id': session }
  void request(url, { method: 'POST', headers: sent, body: line, dispatcher }).then(
    async (answer) => {
      session ??= answer.headers['mcp-session-id']
      const text = await answer.body.text()
      if (text !== '') process.stdout.write(`${text}\n`)
    },
  )
})
