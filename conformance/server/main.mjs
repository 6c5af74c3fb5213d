// An MCP server for both eras that has all the conformance suite asks for: `stdio`, or `http [port]`.
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { changeableParts } from './changeable-parts.mjs'
import { createServerFactory } from './create-server.mjs'
import { listenHttp } from './listen-http.mjs'

const [mode = 'stdio', port = '0'] = process.argv.slice(2)
const changeable = changeableParts()
const createServer = createServerFactory(changeable)

if (mode === 'http') {
  const bound = await listenHttp(Number(port), { createServer, changeable })
  process.stdout.write(`listening ${bound}\n`)
} else {
  // One connection has one server for its whole life, so what it offers may change under it.
  serveStdio((context) => {
    const server = createServer(context)
    changeable.follow(server)
    return server
  })
}
