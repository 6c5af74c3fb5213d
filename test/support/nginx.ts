// nginx from Debian's package nginx-light, as a process of its own: its configuration, pid and files in a folder of the test.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { eventually, makeTempFolder } from './command-line.ts'

/** Debian installs it where the PATH of users does not lead. */
const program = '/usr/sbin/nginx'

export const nginxIsInstalled = (): boolean =>
  existsSync(program) && spawnSync(program, ['-v'], { stdio: 'ignore' }).status === 0

export interface Nginx {
  readonly pid: number
  /** What it has logged so far. */
  log(): string
  /** Another `http`: resolves when no process takes requests by the old one. Only with `reloads`. */
  reload(http: string): Promise<void>
  close(): Promise<void>
}

export interface NginxOptions {
  /** What is inside of `http`, listening on this port of loopback. */
  readonly http: string
  readonly port: number
  /** Files that it includes, by name. */
  readonly files?: Readonly<Record<string, string>>
  /** A master with a worker, as in production, instead of one process. */
  readonly reloads?: boolean
}

const mainConfiguration = (folder: string, http: string, reloads: boolean): string => `
daemon off;
master_process ${reloads ? 'on' : 'off'};
${reloads && process.getuid?.() === 0 ? 'user root;' : ''}
pid ${folder}/nginx.pid;
error_log stderr info;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
${http}
}
`

const answers = (port: number): Promise<true | undefined> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const settle = (answer: true | undefined) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(undefined))
  })

/** The workers that still take requests, by process id. */
const takingRequests = async (master: number): Promise<readonly string[]> => {
  const children = await readFile(`/proc/${master}/task/${master}/children`, 'utf8')
  const pids = children.split(' ').filter(Boolean)
  const titles = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => 'shutting down')),
  )
  return pids.filter((_, at) => !titles[at]!.includes('shutting down'))
}

export const startNginx = async ({
  http,
  port,
  files = {},
  reloads = false,
}: NginxOptions): Promise<Nginx> => {
  const folder = await makeTempFolder()
  for (const [name, text] of Object.entries(files)) await folder.write(name, text)
  const main = await folder.write('nginx.conf', mainConfiguration(folder.path, http, reloads))
  const child = spawn(program, ['-p', folder.path, '-e', 'stderr', '-c', main], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let text = ''
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8')
  })
  const gone = once(child, 'exit')
  const reload = async (next: string): Promise<void> => {
    const pid = child.pid!
    const before = await takingRequests(pid)
    await folder.write('nginx.conf', mainConfiguration(folder.path, next, reloads))
    child.kill('SIGHUP')
    await eventually('nginx uses the other configuration', async () => {
      const now = await takingRequests(pid)
      return (now.length > 0 && now.every((one) => !before.includes(one))) || undefined
    })
  }
  const close = async (): Promise<void> => {
    child.kill('SIGTERM')
    await gone
    await folder.remove()
  }
  try {
    await eventually('nginx listens', () => {
      if (child.exitCode !== null) throw new Error(`exit ${child.exitCode}: ${text}`)
      return answers(port)
    })
  } catch (error) {
    await close()
    throw error
  }
  return { pid: child.pid!, log: () => text, reload, close }
}
