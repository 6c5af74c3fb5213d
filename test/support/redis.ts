// A redis-server of Debian's package on loopback, in a folder of its own, which tests end as they like.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { eventually, makeTempFolder } from './command-line.ts'

export const redisIsInstalled = (): boolean =>
  spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).error === undefined

export interface RedisServer {
  readonly url: string
  readonly port: number
  /** As the machine does when it needs memory: no goodbye. */
  kill(): Promise<void>
  /** Stops it as a blocked disk does: connections stay open, and nothing is answered. */
  freeze(): void
  thaw(): void
  /** Starts it again on the same port, with nothing in it. */
  restart(): Promise<void>
  /** What `redis-cli` prints. */
  cli(...args: string[]): string
  close(): Promise<void>
}

/** A port that was free a moment ago. */
const freePort = async (): Promise<number> => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

export const startRedis = async (password?: string): Promise<RedisServer> => {
  const folder = await makeTempFolder()
  const port = await freePort()
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${folder.path}`,
    'save ""',
    'appendonly no',
    ...(password === undefined ? [] : [`requirepass ${password}`]),
  ]
  const file = await folder.write('redis.conf', `${lines.join('\n')}\n`)
  const cli = (...args: string[]): string =>
    spawnSync('redis-cli', ['-p', String(port), ...args], {
      encoding: 'utf8',
      env: { ...process.env, ...(password === undefined ? {} : { REDISCLI_AUTH: password }) },
    }).stdout.trim()
  const launch = async (): Promise<ChildProcess> => {
    const child = spawn('redis-server', [file], { stdio: 'ignore' })
    const orphaned = (): void => void child.kill('SIGKILL')
    process.once('exit', orphaned)
    child.once('close', () => process.off('exit', orphaned))
    await eventually('Redis answers', () => {
      if (child.exitCode !== null) throw new Error(`exit ${child.exitCode}`)
      return cli('PING') === 'PONG' ? true : undefined
    })
    return child
  }
  let child = await launch()
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const closed = once(child, 'close')
    child.kill('SIGKILL')
    await closed
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill,
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
    restart: async () => {
      await kill()
      child = await launch()
    },
    cli,
    close: async () => {
      await kill()
      await folder.remove()
    },
  }
}
