// What traces cost a call, interleaved in one run: off, recorded for one call of a hundred, recorded for each. BASE=<bin/run.cjs
// of another build> runs beside them. The collector is on the core of the load: a proxy sends to another machine.
import {
  fileOf,
  interleave,
  needWrk,
  rounds,
  seconds,
  startNode,
  startProxy,
  table,
} from './lab.mjs'

const connections = (process.env['CONNECTIONS'] ?? '32').split(',').map(Number)
needWrk()

const collector = await startNode(1, 'collector.mjs')

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
const headers = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': 'tools/call',
  'mcp-name': 'echo',
}
const script = fileOf(
  'call.lua',
  `wrk.method = "POST"\nwrk.body = '${body}'\n${Object.entries(headers)
    .map(([key, value]) => `wrk.headers["${key}"] = "${value}"`)
    .join('\n')}\n`,
)

const backend = await startNode(1, 'backend.mjs')
const modern = `transport = "http"\nprotocol = "modern"\nurl = "${backend.url}/mcp"`
const none = '[auth]\ntype = "none"\n'
const traced = (ratio) => `${none}[observability.tracing]
enabled = true
endpoint = "${collector.url}"
sample_ratio = ${ratio}
`
const base = process.env['BASE']
const targets = new Map()
if (base !== undefined) targets.set('another build', await startProxy('base', modern, none, base))
targets.set('off', await startProxy('off', modern))
targets.set('1 %', await startProxy('some', modern, traced(0.01)))
targets.set('100 %', await startProxy('all', modern, traced(1)))
for (const [name, target] of targets) {
  target.script = script
  const answer = await fetch(`${target.url}/mcp`, { method: 'POST', headers, body })
  if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`)
}

for (const count of connections) {
  const { best, least, errors } = interleave(targets, count)
  process.stdout.write(`\n${count} connections (best of ${rounds} rounds of ${seconds} s)\n`)
  table(
    ['traces', 'req/s', 'x off', 'CPU us/call', 'more than off, us', 'p50 us', 'p99 us', 'errors'],
    [...targets.keys()].map((name) => [
      name,
      Math.round(best(name)),
      (best(name) / best('off')).toFixed(2),
      least(name, 'cpu').toFixed(1),
      (least(name, 'cpu') - least('off', 'cpu')).toFixed(1),
      ...['p50', 'p99'].map((mark) => Math.round(least(name, mark))),
      errors(name),
    ]),
  )
}
const received = Number(await (await fetch(collector.url)).text())
process.stdout.write(`\n${(received / 1024 / 1024).toFixed(1)} MiB at the collector\n`)
process.exit(0)
