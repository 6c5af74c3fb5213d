// The guided mode: from what brings a person here to the commands that help, each shown as it is typed.
import { existsSync } from 'node:fs'
import type { Asker, Option } from '../terminal/ask.ts'
import { printable } from '../../base/escape.ts'
import { checkedAddress } from '../discover/discover-address.ts'
import { exitCodes } from '../command/exit-codes.ts'
import { commandLine, type Ended, type Step } from './child.ts'
import { questionAfter } from './question-after.ts'

export interface Guide {
  readonly asker: Asker
  /** Whether this build has the command. */
  readonly has: (command: string) => boolean
  readonly run: (step: Step) => Promise<Ended>
  readonly say: (text: string) => void
}

/** What to do next; `done`: back to the first question. */
type Next = 'done' | (() => Promise<Next>)

class Interrupted extends Error {}

const takeWithFacts = async ({ run, say }: Guide, step: Step): Promise<Ended> => {
  say(`\n$ ${printable(commandLine(step))}`)
  const ended = await run(step)
  if (ended.code === exitCodes.interrupted) throw new Interrupted()
  return ended
}

const take = async (guide: Guide, step: Step): Promise<number> =>
  (await takeWithFacts(guide, step)).code

const back: Option<Next> = { name: 'Back to the first question', value: 'done' }

const isAddress = (text: string): boolean => {
  try {
    return checkedAddress(text) !== ''
  } catch {
    return false
  }
}

const addressFault = (text: string): string | undefined =>
  isAddress(text) ? undefined : 'the address, such as https://mcp.example.com/mcp'

/** As discover reads it: a bare host gets its scheme. */
const askAddress = async ({ asker }: Guide, what: string, known = ''): Promise<string> =>
  checkedAddress(await asker.text(what, known, addressFault))

const explainStep = (guide: Guide, then: () => Promise<Next>) => async (): Promise<Next> => {
  const words = await guide.asker.text('Which finding? (Enter: list all)', '')
  await take(guide, { args: ['explain', ...words.split(/\s+/).filter((word) => word !== '')] })
  return then
}

const storeName = (address: string): string =>
  new URL(address).hostname.replace(/[^a-z0-9]+/gi, '-')

/** What a look at the server has shown. */
interface Known {
  readonly issuer?: string | undefined
  readonly audience?: string | undefined
}

/** Where the look has shown all of it, nobody is asked. */
const held = ({ issuer, audience }: Known): readonly string[] | undefined =>
  issuer === undefined || audience === undefined
    ? undefined
    : ['--issuer', issuer, '--audience', audience]

/** The expectations that a token is held to: a configuration, or an issuer and an audience. */
const expectations = async (
  guide: Guide,
  { issuer: knownIssuer, audience }: Known,
): Promise<readonly string[]> => {
  const { asker } = guide
  const file = 'proxy.toml'
  const from = await asker.choose<'file' | 'other' | 'flags'>(
    'What is the token held to?',
    [
      ...(existsSync(file) ? [{ name: `${file} of this folder`, value: 'file' as const }] : []),
      { name: 'An issuer and an audience', value: 'flags' },
      { name: 'A configuration in another place', value: 'other' },
    ],
    existsSync(file) && audience === undefined ? 'file' : 'flags',
  )
  if (from === 'file') return ['--config', file]
  if (from === 'other') {
    const path = await asker.text('Its path:', '', (text) =>
      existsSync(text) ? undefined : 'there is no such file',
    )
    return ['--config', path]
  }
  const issuer = await askAddress(guide, 'The issuer (as it stands in iss):', knownIssuer)
  const named = await asker.text(
    'The audience (the URL of the MCP server):',
    audience ?? '',
    (text) => (text === '' ? 'what aud of the token should name' : undefined),
  )
  return ['--issuer', issuer, '--audience', named]
}

const judgeToken = async (guide: Guide, known: Known = {}): Promise<Next> => {
  const wanted = await expectations(guide, known)
  const token = await guide.asker.secret('Paste the token')
  if (token.trim() === '') return 'done'
  const judge = async (more: readonly string[]): Promise<Next> => {
    const code = await take(guide, { args: ['validate', '-', ...wanted, ...more], stdin: token })
    return () => afterVerdict(code)
  }
  const afterVerdict = async (code: number): Promise<Next> => {
    const question =
      code === exitCodes.accepted
        ? 'It is accepted. What now?'
        : code === exitCodes.rejected
          ? 'It is refused, for the reasons above. What now?'
          : code === exitCodes.usage
            ? 'What is said above has to be mended first. What now?'
            : 'That could not be told. What now?'
    return guide.asker.choose<Next>(question, [
      ...(code === exitCodes.rejected
        ? [
            { name: 'Explain a finding', value: explainStep(guide, () => afterVerdict(code)) },
            {
              name: 'Is it a token of another issuer? Try the keys of the one that it names',
              value: () => judge(['--follow-iss']),
            },
          ]
        : []),
      ...(wanted[0] === '--config'
        ? [{ name: 'Ask the issuer about it', value: () => ask() }]
        : [
            {
              name: 'What does the issuer publish?',
              value: () => discoverAt(guide, wanted[1] ?? ''),
            },
          ]),
      { name: 'Judge another token', value: () => judgeToken(guide, known) },
      back,
    ])
  }
  const ask = async (): Promise<Next> => {
    const code = await take(guide, { args: ['introspect', '-', ...wanted], stdin: token })
    return () => afterVerdict(code)
  }
  return judge([])
}

/** Nobody is asked what the server's own metadata says: it is shown the token, and the token is judged by that. */
const tryToken = async (guide: Guide, address: string): Promise<Next> => {
  const token = await guide.asker.secret('Paste the token')
  if (token.trim() === '') return 'done'
  const { code } = await takeWithFacts(guide, {
    args: ['discover', address, '--token', '-'],
    stdin: token,
  })
  const next = (): Promise<Next> =>
    guide.asker.choose<Next>(
      code === exitCodes.accepted
        ? 'Nothing is wrong with the token there. What now?'
        : 'The first lines above say who refuses it, and why. What now?',
      [
        ...(code === exitCodes.accepted
          ? []
          : [{ name: 'Explain a finding', value: explainStep(guide, next) }]),
        {
          name: 'Every check of the token',
          value: async (): Promise<Next> => {
            await take(guide, { args: ['validate', '-', '--for', address], stdin: token })
            return next
          },
        },
        ...(guide.has('login')
          ? [
              {
                name: 'Get a new token, as a client would',
                value: async (): Promise<Next> => {
                  await take(guide, { args: ['login', address, '--store', storeName(address)] })
                  return next
                },
              },
            ]
          : []),
        { name: 'Try another token', value: () => tryToken(guide, address) },
        back,
      ],
    )
  return next
}

const refusedToken = async (guide: Guide): Promise<Next> => {
  const given = await guide.asker.text(
    'The URL of the MCP server that refuses it (Enter: there is the token alone):',
    '',
    (text) => (text === '' ? undefined : addressFault(text)),
  )
  return given === '' ? judgeToken(guide) : tryToken(guide, checkedAddress(given))
}

/** `as`: what the person says it is. */
const discoverAt = async (guide: Guide, address: string, as?: 'mcp'): Promise<Next> => {
  const args = ['discover', address, ...(as === undefined ? [] : ['--as', as])]
  const { code, facts } = await takeWithFacts(guide, { args })
  const { outcome = 'graded', instead = null } = facts ?? {}
  const isGraded = outcome === 'graded'
  const known: Known = {
    issuer: facts?.issuer ?? undefined,
    audience: facts?.audience ?? address,
  }
  const login: Step = { args: ['login', address, '--store', storeName(address)] }
  const next = (): Promise<Next> =>
    guide.asker.choose<Next>(questionAfter(code, { outcome }), [
      ...(instead === null
        ? []
        : [{ name: `Look at ${printable(instead)}`, value: () => discoverAt(guide, instead) }]),
      ...(code === exitCodes.accepted
        ? []
        : [{ name: 'Explain a finding', value: explainStep(guide, next) }]),
      ...(guide.has('login') && isGraded
        ? [
            {
              name: 'Log in as a client would, and judge the token',
              value: async (): Promise<Next> => {
                if ((await take(guide, login)) !== exitCodes.accepted) return next
                await take(guide, {
                  args: [
                    'validate',
                    '--store',
                    storeName(address),
                    ...(held(known) ?? (await expectations(guide, known))),
                  ],
                })
                return next
              },
            },
          ]
        : []),
      ...(isGraded
        ? [
            {
              name: 'Judge the token that the client sends',
              value: () =>
                (facts?.audience ?? null) === null
                  ? judgeToken(guide, known)
                  : tryToken(guide, address),
            },
          ]
        : []),
      {
        name: 'Another address',
        value: async () => discoverAt(guide, await askAddress(guide, 'Its address:')),
      },
      { name: 'Ask again, after a change', value: () => discoverAt(guide, address, as) },
      back,
    ])
  return next
}

const newProxy = async (guide: Guide): Promise<Next> => {
  const code = await take(guide, { args: ['init'] })
  if (code !== exitCodes.accepted || !existsSync('proxy.toml')) return 'done'
  const next = (): Promise<Next> =>
    guide.asker.choose<Next>('What now?', [
      ...(guide.has('doctor')
        ? [
            {
              name: 'See whether issuer and backends answer',
              value: () => then('doctor', '--config', 'proxy.toml'),
            },
          ]
        : []),
      {
        name: 'Judge the file with the variables that are set here',
        value: () => then('serve', '--check'),
      },
      { name: 'Serve (Ctrl-C ends it)', value: () => then('serve') },
      back,
    ])
  const then = async (...args: string[]): Promise<Next> => {
    await take(guide, { args })
    return next
  }
  return next
}

const lookAround = async (guide: Guide): Promise<Next> =>
  guide.asker.choose<Next>('Look at what?', [
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

const first = (guide: Guide): Promise<Next | 'quit'> =>
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
      description: 'init: asks, finds, proposes, writes proxy.toml',
    },
    { name: 'Just looking', value: () => lookAround(guide), description: 'no change to anything' },
    { name: 'Quit', value: 'quit' },
  ])

/** Until the person has enough. Resolves with the exit code. */
export const runGuide = async (guide: Guide): Promise<number> => {
  guide.say('Each command is shown as it is run, to be typed or scripted. Ctrl-C ends.')
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
