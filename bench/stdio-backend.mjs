// A minimal session-era MCP server on stdin and stdout: fixed answers, so that the measured cost is the proxy's.
import { createInterface } from 'node:readline'
import { legacyResult } from './fixed-answers.mjs'

let out = ''
const flush = () => {
  process.stdout.write(out)
  out = ''
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line)
  if (id === undefined) return
  const result = legacyResult(method)
  const answer =
    result === undefined ? { error: { code: -32601, message: 'Method not found' } } : { result }
  // What comes together goes together.
  if (out === '') setImmediate(flush)
  out += `${JSON.stringify({ jsonrpc: '2.0', id, ...answer })}\n`
})
