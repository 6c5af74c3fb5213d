// What every part of the guided mode does: run a command as it is typed, ask for an address, explain a finding.
import type { Asker, Option } from '../terminal/ask.ts'
import { printable } from '../../base/escape.ts'
import { checkedAddress } from '../address/checked-address.ts'
import { exitCodes } from '../command/exit-codes.ts'
import { commandLine, type Ended, type Step } from './child.ts'

export interface Guide {
  readonly asker: Asker
  /** Whether this build has the command. */
  readonly has: (command: string) => boolean
  readonly run: (step: Step) => Promise<Ended>
  readonly say: (text: string) => void
}

/** What to do next; `done`: back to the first question. */
export type Next = 'done' | (() => Promise<Next>)

export class Interrupted extends Error {}

export const takeWithFacts = async ({ run, say }: Guide, step: Step): Promise<Ended> => {
  say(`\n$ ${printable(commandLine(step))}`)
  const ended = await run(step)
  if (ended.code === exitCodes.interrupted) throw new Interrupted()
  return ended
}

export const take = async (guide: Guide, step: Step): Promise<number> =>
  (await takeWithFacts(guide, step)).code

export const back: Option<Next> = { name: 'Back to the first question', value: 'done' }

const isAddress = (text: string): boolean => {
  try {
    return checkedAddress(text) !== ''
  } catch {
    return false
  }
}

export const addressFault = (text: string): string | undefined =>
  isAddress(text) ? undefined : 'the address, such as https://mcp.example.com/mcp'

/** As discover reads it: a bare host gets its scheme. */
export const askAddress = async ({ asker }: Guide, what: string, known = ''): Promise<string> =>
  checkedAddress(await asker.text(what, known, addressFault))

export const explainStep = (guide: Guide, then: () => Promise<Next>) => async (): Promise<Next> => {
  const words = await guide.asker.text('Which finding? (Enter: list all)', '')
  await take(guide, { args: ['explain', ...words.split(/\s+/).filter((word) => word !== '')] })
  return then
}

export const storeName = (address: string): string =>
  new URL(address).hostname.replace(/[^a-z0-9]+/gi, '-')
