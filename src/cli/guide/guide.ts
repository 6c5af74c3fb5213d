// The guided mode: from what a person has in hand, or what brings them here, to the commands that help, each shown as it
// is typed.
import { printable } from '../../base/escape.ts'
import { exitCodes } from '../command/exit-codes.ts'
import {
  askAddress,
  back,
  explainStep,
  Interrupted,
  take,
  type Guide,
  type Next,
} from './guide-step.ts'
import { discoverAt, refusedToken } from './look.ts'
import { newProxy } from './new-proxy.ts'
import { actOn } from './pasted.ts'
import { recognise, shownPaste } from './recognise.ts'

const lookAround = async (guide: Guide): Promise<Next> =>
  guide.asker.choose<Next>('What do you want to look at?', [
    {
      name: 'What an issuer or an MCP server publishes',
      value: async () => discoverAt(guide, await askAddress(guide, 'Its address:')),
    },
    { name: 'Every check, and what it means', value: explainStep(guide, () => lookAround(guide)) },
    {
      name: 'All commands',
      value: async () => {
        await take(guide, { args: ['--help'] })
        return () => lookAround(guide)
      },
    },
    back,
  ])

const choose = (guide: Guide): Promise<Next | 'quit'> =>
  guide.asker.choose<Next | 'quit'>('What brings you here?', [
    {
      name: 'A client that loops on 401',
      value: async () =>
        discoverAt(guide, await askAddress(guide, 'The URL of the MCP server:'), 'mcp'),
      description: 'discover: what the server tells clients about authorization',
    },
    {
      name: 'A token that is refused',
      value: () => refusedToken(guide),
      description: 'discover --token, validate: every reason, by the code that the proxy runs',
    },
    {
      name: 'A new proxy',
      value: () => newProxy(guide),
      description: 'init: create proxy.toml step by step',
    },
    { name: 'Just looking', value: () => lookAround(guide), description: 'no change to anything' },
    { name: 'Quit', value: 'quit' },
  ])

const question = 'Paste what you have, or press Enter for a menu'
const help =
  '  a token, an address, a challenge, an error or its code, a log line, a request id, a curl command, the path of a HAR file'

/** What is pasted is recognised; only where it is not, or nothing is, the person chooses. */
const first = async (guide: Guide): Promise<Next | 'quit'> => {
  const text = await guide.asker.paste(question, help, shownPaste)
  if (text.trim() === '') return choose(guide)
  const seen = recognise(text)
  guide.say(`This is ${printable(seen.saw)}.`)
  return seen.kind === 'nothing' ? choose(guide) : () => actOn(guide, seen)
}

/** Until the person has enough. Resolves with the exit code. */
export const runGuide = async (guide: Guide): Promise<number> => {
  guide.say('Each command is shown as it runs, so you can repeat or script it. Ctrl-C quits.')
  try {
    for (;;) {
      const chosen = await first(guide)
      if (chosen === 'quit') return exitCodes.accepted
      let next: Next = chosen
      while (next !== 'done') next = await next()
      guide.say('')
    }
  } catch (error) {
    if (error instanceof Interrupted) return exitCodes.interrupted
    throw error
  }
}
