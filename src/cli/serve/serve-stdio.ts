// The work of `serve --stdio`: the configuration behind the pipes of whoever started the process.
import { endpointNamed } from '../../config/profiles.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import { startStdio } from '../../server/stdio/serve-stdio.ts'
import { proxiedPorts } from '../flags/network-flags.ts'
import {
  loadToServe,
  tellWarnings,
  untilEnded,
  type ServeFlags,
  type ServeSurface,
} from './serve-proxy.ts'

/** Serves until the client closes our input or a signal comes. stdout has nothing but the protocol. */
export const serveOverStdio = async (
  flags: Pick<ServeFlags, 'config'> & { readonly endpoint?: string | undefined },
  { narrator, log }: Pick<ServeSurface, 'narrator' | 'log'>,
): Promise<void> => {
  const { config: whole, warnings } = await loadToServe(flags, narrator)
  const { config, profile } = endpointNamed(whole, flags.endpoint)
  tellWarnings(warnings, narrator)
  if (config.backends.length === 0) throw usageError(problemOf('config-value', 'stdio-backends'))
  const pipes = { input: process.stdin, output: process.stdout }
  const running = await startStdio(config, proxiedPorts(narrator), pipes, { ...log, profile })
  const { length } = config.backends
  narrator.note(`serving ${length} backend${length === 1 ? '' : 's'} on stdin and stdout`)
  if (config.auth.type !== 'none') {
    narrator.note('[auth] guards HTTP only: here the caller is whoever started this process')
  }
  if (process.stdin.isTTY) {
    narrator.note('waiting for JSON-RPC, one message a line (MCP clients start this themselves)')
  }
  await untilEnded(running, narrator, running.left)
}
