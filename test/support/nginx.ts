// nginx from Debian's package nginx-light, as a process of its own: its configuration, pid and files in a folder of the test.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
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
  close(): Promise<void>
}

export interface NginxOptions {
  /** What is inside of `http`, listening on this port of loopback. */
  readonly http: string
  readonly port: number
  /** Files that it includes, by name. */
  readonly files: Readonly<Record<string, string>>
}

const mainConfiguration = (folder: string, http: string): string => `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr info;
events { worker_connections 64; }
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

export const startNginx = async ({ http, port, files }: NginxOptions): Promise<Nginx> => {
  const folder = await makeTempFolder()
  for (const [name, text] of Object.entries(files)) await folder.write(name, text)
  const main = await folder.write('nginx.conf', mainConfiguration(folder.path, http))
  const child = spawn(program, ['-p', folder.path, '-e', 'stderr', '-c', main], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let text = ''
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8')
  })
  const gone = once(child, 'exit')
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
  return { pid: child.pid!, log: () => text, close }
}
