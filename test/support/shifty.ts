// A real server whose tools change while it runs: see fixtures/shifty.mjs.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { readPort } from './mcp-servers.ts'

const fixture = fileURLToPath(new URL('./fixtures/shifty.mjs', import.meta.url))

export interface Shifty {
  readonly url: string
  /** One of the controls of the fixture; resolves with how many calls there were. */
  control(path: string): Promise<{ readonly calls: number }>
  kill(): void
}

export const startShifty = async (): Promise<Shifty> => {
  const child = spawn(process.execPath, [fixture], { stdio: ['ignore', 'pipe', 'inherit'] })
  const origin = `http://127.0.0.1:${await readPort(child.stdout)}`
  return {
    url: `${origin}/mcp`,
    control: async (path) =>
      (await (await fetch(`${origin}/control/${path}`)).json()) as { readonly calls: number },
    kill: () => void child.kill('SIGKILL'),
  }
}
