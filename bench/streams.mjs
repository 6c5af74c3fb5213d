// Memory of the proxy with many open event streams: subscriptions/listen of stateless callers, GET of sessions.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { here, memoryKiB, startNode, startProxy, table } from './lab.mjs'

const counts = (process.env['STREAMS'] ?? '1000,10000').split(',').map(Number)
const settleMs = 3000

const backend = await startNode(1, 'backend.mjs')
const measure = async (kind, protocol) => {
  const proxy = await startProxy(
    kind,
    `transport = "http"\nprotocol = "${protocol}"\nurl = "${backend.url}/mcp"\n`,
  )
  const client = spawn(process.execPath, [path.join(here, 'stream-client.mjs'), kind, proxy.url], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const rows = []
  let before = { count: 0, memory: memoryKiB(proxy.pid) }
  rows.push([kind, 0, (before.memory / 1024).toFixed(0), ''])
  for (const count of counts) {
    client.stdin.write(`${count}\n`)
    await once(client.stdout, 'data')
    await wait(settleMs)
    const memory = memoryKiB(proxy.pid)
    const each = (memory - before.memory) / (count - before.count)
    rows.push([kind, count, (memory / 1024).toFixed(0), each.toFixed(1)])
    before = { count, memory }
  }
  client.removeAllListeners()
  client.kill('SIGKILL')
  await once(client, 'exit')
  return rows
}

const rows = [...(await measure('listen', 'modern')), ...(await measure('stream', 'legacy'))]
process.stdout.write('\nOpen streams; KiB for each stream beyond the row above\n')
table(['kind', 'streams', 'MiB', 'KiB each'], rows)
process.exit(0)
