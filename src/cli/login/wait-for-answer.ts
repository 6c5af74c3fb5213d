// Between the address of a login and its answer: a browser or an address to open, the callback or what is pasted, the time.
import { existsSync } from 'node:fs'
import { problemOf } from '../../problems/problem.ts'
import type { CodeFlow } from '../../core/oauth-client/code-flow.ts'
import { stderr } from '../terminal/output.ts'
import { shellWord } from '../terminal/shell-word.ts'
import { openBrowser } from './browser.ts'
import type { LoginAttempt } from './choose-client.ts'
import { startCountdown } from './countdown.ts'
import type { Callback, Loopback } from './loopback.ts'
import { readLines } from './paste.ts'
import { readPasted } from './pasted-redirect.ts'
import { noBrowserBecause, noBrowserText } from './surroundings.ts'

const usualPatience = 300

const surroundingsOf = ({ narrator }: LoginAttempt) =>
  noBrowserBecause({ env: narrator.env, platform: process.platform, exists: existsSync })

/** The same login by a code on another device, where the server has that. */
const offerDevice = ({ address, flags, target, narrator }: LoginAttempt): void => {
  if (target.server.device_authorization_endpoint === undefined) return
  const client =
    flags['client-id'] === undefined ? '' : ` --client-id ${shellWord(flags['client-id'])}`
  const store = flags.store === undefined ? '' : ` --store ${shellWord(flags.store)}`
  narrator.tell(
    `Or log in by a code on any device: mcp-proxy login ${shellWord(address)} --device${client}${store}\n`,
  )
}

/** Whether a browser was opened for it. */
const showAddress = async (attempt: LoginAttempt, url: string): Promise<boolean> => {
  const { flags, narrator } = attempt
  const because = surroundingsOf(attempt)
  const mayOpen = flags['no-browser'] !== true && because === undefined && narrator.canAsk()
  const opened = mayOpen && (await openBrowser(url))
  if (because !== undefined && flags['no-browser'] !== true) narrator.note(noBrowserText[because])
  narrator.tell(
    opened
      ? 'Opened in your browser; if nothing shows, open this address:'
      : 'Open this address in a browser:',
  )
  narrator.tell(`\n${url}\n`)
  if (!opened) offerDevice(attempt)
  return opened
}

/** Lines are read where nothing else wants them. */
const openPaste = (
  { flags, narrator, target }: LoginAttempt,
  { isOurs }: CodeFlow,
  { opened, clear }: { readonly opened: boolean; readonly clear: () => void },
): { readonly pasted?: Promise<URLSearchParams>; close(): void } => {
  if (flags['client-secret-stdin'] === true) return { close: () => undefined }
  let take: (parameters: URLSearchParams) => void = () => undefined
  const pasted = new Promise<URLSearchParams>((resolve) => {
    take = resolve
  })
  const namesIssuer = target.metadata.authorization_response_iss_parameter_supported === true
  const reader = readLines((line) => {
    const found = readPasted(line)
    const isOwn = 'parameters' in found && isOurs(found.parameters)
    // RFC 9207 section 2.4: where the server names itself in each answer, a code alone proves nothing.
    const isNamed = isOwn && (found.parameters.has('iss') || !namesIssuer)
    if (isNamed) {
      take(found.parameters)
      return
    }
    const fault = 'fault' in found ? found.fault : isOwn ? 'issuer' : 'other'
    if (fault === 'empty') return
    clear()
    narrator.warn(problemOf('usage-advice', `pasted-${fault}`))
  })
  if (!opened) {
    narrator.tell(
      `If the browser is on another machine, it ends at a page that it cannot reach: paste the address of that page here${process.stdin.isTTY ? ' (not shown)' : ''}, and press Enter.`,
    )
  }
  return { pasted, close: () => reader.close() }
}

/** Throws a UsageError when no answer comes in time. */
export const waitForAnswer = async (
  attempt: LoginAttempt,
  loopback: Loopback,
  flow: CodeFlow,
): Promise<Callback> => {
  const { flags, ports, narrator } = attempt
  const seconds = flags.timeout ?? usualPatience
  const opened = await showAddress(attempt, flow.url)
  narrator.note(`waiting at ${loopback.redirectUri}`)
  let countdown: ReturnType<typeof startCountdown> | undefined
  const paste = openPaste(attempt, flow, { opened, clear: () => countdown?.clear() })
  if (stderr.isTTY && !narrator.quiet) {
    countdown = startCountdown({
      clock: ports.clock,
      seconds,
      write: (text) => stderr.write(text),
    })
  }
  try {
    return await loopback.callback({
      isOurs: flow.isOurs,
      clock: ports.clock,
      seconds,
      beside: paste.pasted,
    })
  } finally {
    countdown?.stop()
    paste.close()
  }
}
