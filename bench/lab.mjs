// What the benchmarks share: processes on their own cores, load by wrk, CPU and memory of a process tree.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const here = path.dirname(fileURLToPath(import.meta.url))
export const bin = path.join(here, '..', 'bin', 'run.cjs')
export const work = mkdtempSync(path.join(tmpdir(), 'mcp-proxy-bench-'))
export const rounds = Number(process.env['ROUNDS'] ?? 5)
export const seconds = Number(process.env['SECONDS_PER_SLICE'] ?? 2)
/** Such as --cpu-prof, for the proxies. */
const nodeFlags = (process.env['NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '')
const ticksPerSecond = 100
const pageKiB = 4

const children = []
process.on('exit', () => {
  for (const child of children) {
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // gone already
    }
  }
  rmSync(work, { recursive: true, force: true })
})
process.on('SIGINT', () => process.exit(130))

export const needWrk = () => {
  if (spawnSync('wrk', ['-v']).error === undefined) return
  process.stderr.write('wrk is not installed (Debian package wrk)\n')
  process.exit(2)
}

export const fileOf = (name, text) => {
  const file = path.join(work, name)
  writeFileSync(file, text)
  return file
}

/** `cpu`: the core it is pinned to. */
export const start = (cpu, command, args, options = {}) => {
  const child = spawn('taskset', ['-c', String(cpu), command, ...args], {
    stdio: ['ignore', 'pipe', options.quiet === false ? 'inherit' : 'ignore'],
    detached: true,
    env: { ...process.env, ...options.env },
  })
  children.push(child)
  return child
}

/** A program that is spoken to over its pipes. */
export const spawnPiped = (cpu, command, args) => {
  const child = spawn('taskset', ['-c', String(cpu), command, ...args], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  })
  children.push(child)
  return child
}

/** A program of ours that says its port on its first line. */
export const startNode = async (cpu, file, args = []) => {
  const child = start(cpu, process.execPath, [path.join(here, file), ...args], { quiet: false })
  const [line] = await once(child.stdout, 'data')
  return { pid: child.pid, url: `http://127.0.0.1:${JSON.parse(line).port}` }
}

export const freePort = async () => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

export const until = async (question, what) => {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await question().catch(() => false)) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${what} did not come up`)
}

/** `backend` and `auth`: TOML. `program`: that of another build. */
export const startProxy = async (
  name,
  backend,
  auth = '[auth]\ntype = "none"\n',
  program = bin,
) => {
  const port = await freePort()
  const file = fileOf(
    `${name}.toml`,
    `[proxy]
name = "bench"
[proxy.listen]
port = ${port}
[[backends]]
name = "bench"
prefix = ""
${backend}
[observability]
log_level = "error"
audit = false
${auth}`,
  )
  const child = start(0, process.execPath, [...nodeFlags, program, 'serve', '--config', file], {
    quiet: false,
  })
  const url = `http://127.0.0.1:${port}`
  await until(async () => (await fetch(`${url}/ready`)).ok, name)
  return { pid: child.pid, url }
}

/** A process and its descendants. */
const treeOf = (root) => {
  const stats = new Map()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      const text = readFileSync(`/proc/${entry}/stat`, 'utf8')
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
      stats.set(Number(entry), {
        parent: Number(fields[1]),
        ticks: Number(fields[11]) + Number(fields[12]),
        pages: Number(fields[21]),
      })
    } catch {
      // gone meanwhile
    }
  }
  const within = (pid) => pid === root || (stats.has(pid) && within(stats.get(pid).parent))
  return [...stats].filter(([pid]) => within(pid)).map(([, stat]) => stat)
}

/** User + system time of a process tree, in ticks. */
export const treeCpuTicks = (root) => treeOf(root).reduce((sum, { ticks }) => sum + ticks, 0)

/** Resident memory of a process tree. */
export const memoryKiB = (root) => treeOf(root).reduce((sum, { pages }) => sum + pages, 0) * pageKiB

/** One slice of load on one target: `{ url, pid, script }`. */
export const slice = (target, count) => {
  const before = target.pid === undefined ? 0 : treeCpuTicks(target.pid)
  const run = spawnSync(
    'taskset',
    [
      '-c',
      '1',
      'wrk',
      '-t1',
      `-c${count}`,
      `-d${seconds}s`,
      '--latency',
      '-s',
      target.script,
      `${target.url}/mcp`,
    ],
    { encoding: 'utf8' },
  )
  const after = target.pid === undefined ? 0 : treeCpuTicks(target.pid)
  const requests = Number(/(\d+) requests in/.exec(run.stdout)?.[1] ?? 0)
  const errors = Number(/Non-2xx or 3xx responses: (\d+)/.exec(run.stdout)?.[1] ?? 0)
  const latency = (mark) => {
    const [, value, unit] = new RegExp(`${mark}%\\s+([\\d.]+)(us|ms|s)`).exec(run.stdout) ?? []
    return Number(value) * (unit === 'us' ? 1 : unit === 'ms' ? 1000 : 1_000_000)
  }
  return {
    perSecond: requests / seconds,
    errors,
    cpu: ((after - before) / ticksPerSecond / requests) * 1e6,
    p50: latency(50),
    p90: latency(90),
    p99: latency(99),
  }
}

/** Visits all targets in shuffled order in each round; what it gives reads the results. */
export const interleave = (targets, count) => {
  const seen = new Map([...targets.keys()].map((name) => [name, []]))
  for (const target of targets.values()) slice(target, count)
  for (let round = 0; round < rounds; round++) {
    const order = [...targets].sort(() => Math.random() - 0.5)
    for (const [name, target] of order) seen.get(name).push(slice(target, count))
  }
  return {
    best: (name) => Math.max(...seen.get(name).map(({ perSecond }) => perSecond)),
    least: (name, field) => Math.min(...seen.get(name).map((result) => result[field])),
    errors: (name) => seen.get(name).reduce((sum, { errors }) => sum + errors, 0),
  }
}

export const table = (titles, rows) => {
  const line = (cells) => `| ${cells.join(' | ')} |\n`
  process.stdout.write(line(titles))
  process.stdout.write(line(titles.map((_title, index) => (index === 0 ? '---' : '---:'))))
  for (const row of rows) process.stdout.write(line(row))
}
