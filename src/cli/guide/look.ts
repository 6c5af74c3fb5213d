// What the guided mode does about tokens and addresses: each command, and what can follow it.
import { existsSync } from 'node:fs'
import { printable } from '../../base/escape.ts'
import { exitCodes } from '../command/exit-codes.ts'
import { checkedAddress } from '../address/checked-address.ts'
import type { Step } from './child.ts'
import {
  addressFault,
  askAddress,
  back,
  explainStep,
  storeName,
  take,
  takeWithFacts,
  type Guide,
  type Next,
} from './guide-step.ts'
import { questionAfter } from './question-after.ts'

/** What a look at the server has shown. */
interface Known {
  readonly issuer?: string | undefined
  readonly audience?: string | undefined
}

/** Where the look has shown all of it, nothing is asked. */
const shown = ({ issuer, audience }: Known): readonly string[] | undefined =>
  issuer === undefined || audience === undefined
    ? undefined
    : ['--issuer', issuer, '--audience', audience]

/** What a token is judged by: a configuration, or an issuer and an audience. */
const expectations = async (
  guide: Guide,
  { issuer: knownIssuer, audience }: Known,
): Promise<readonly string[]> => {
  const { asker } = guide
  const file = 'proxy.toml'
  const from = await asker.choose<'file' | 'other' | 'flags'>(
    'Check the token against what?',
    [
      ...(existsSync(file) ? [{ name: `${file} of this folder`, value: 'file' as const }] : []),
      { name: 'An issuer and an audience', value: 'flags' },
      { name: 'Another configuration file', value: 'other' },
    ],
    existsSync(file) && audience === undefined ? 'file' : 'flags',
  )
  if (from === 'file') return ['--config', file]
  if (from === 'other') {
    const path = await asker.text('Its path:', '', (text) =>
      existsSync(text) ? undefined : 'no such file',
    )
    return ['--config', path]
  }
  const issuer = await askAddress(guide, 'The issuer (exactly as in iss):', knownIssuer)
  const named = await asker.text(
    'Expected audience (the URL of the MCP server):',
    audience ?? '',
    (text) => (text === '' ? 'enter the expected aud' : undefined),
  )
  return ['--issuer', issuer, '--audience', named]
}

interface Pasted {
  readonly token: string
  /** What it is judged by: nothing where the token alone is enough. */
  readonly wanted: readonly string[]
  /** Who issued it, as it says. */
  readonly issuer: string | undefined
}

const asked = async (guide: Guide, known: Known): Promise<Pasted | undefined> => {
  const wanted = await expectations(guide, known)
  const token = await guide.asker.secret('Paste the token')
  return token.trim() === '' ? undefined : { token, wanted, issuer: wanted[1] }
}

const questionAfterVerdict = (code: number): string => {
  if (code === exitCodes.accepted) return 'Accepted. Next step?'
  if (code === exitCodes.rejected) return 'Rejected, for the reasons above. Next step?'
  return code === exitCodes.usage
    ? 'Fix the problem above first. Next step?'
    : 'The result is inconclusive. Next step?'
}

/** `pasted`: where the token is at hand already. */
export const judgeToken = async (
  guide: Guide,
  known: Known = {},
  pasted?: Pasted,
): Promise<Next> => {
  const given = pasted ?? (await asked(guide, known))
  if (given === undefined) return 'done'
  const { token, wanted, issuer } = given
  const judge = async (more: readonly string[]): Promise<Next> => {
    const code = await take(guide, { args: ['validate', '-', ...wanted, ...more], stdin: token })
    return () => afterVerdict(code)
  }
  const afterVerdict = async (code: number): Promise<Next> =>
    guide.asker.choose<Next>(questionAfterVerdict(code), [
      ...(code === exitCodes.rejected
        ? [{ name: 'Explain a finding', value: explainStep(guide, () => afterVerdict(code)) }]
        : []),
      ...(code === exitCodes.rejected && wanted.length > 0
        ? [
            {
              name: 'Try the keys of the issuer that the token names',
              value: () => judge(['--follow-iss']),
            },
          ]
        : []),
      ...(wanted[0] === '--config'
        ? [{ name: 'Introspect it at the issuer', value: () => ask() }]
        : issuer === undefined || addressFault(issuer) !== undefined
          ? []
          : [
              {
                name: 'What does the issuer publish?',
                value: () => discoverAt(guide, issuer),
              },
            ]),
      {
        name: 'Try it at the MCP server that refuses it',
        value: async () =>
          tryToken(guide, await askAddress(guide, 'The URL of the MCP server:'), token),
      },
      { name: 'Check another token', value: () => judgeToken(guide, known) },
      back,
    ])
  const ask = async (): Promise<Next> => {
    const code = await take(guide, { args: ['introspect', '-', ...wanted], stdin: token })
    return () => afterVerdict(code)
  }
  return judge([])
}

/** What the server's own metadata says is not asked: it is shown the token, and the token is judged by that. */
export const tryToken = async (guide: Guide, address: string, pasted?: string): Promise<Next> => {
  const token = pasted ?? (await guide.asker.secret('Paste the token'))
  if (token.trim() === '') return 'done'
  const { code } = await takeWithFacts(guide, {
    args: ['discover', address, '--token', '-'],
    stdin: token,
  })
  const next = (): Promise<Next> =>
    guide.asker.choose<Next>(
      code === exitCodes.accepted
        ? 'The server accepts the token. Next step?'
        : 'The first lines above show who refuses it, and why. Next step?',
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

export const refusedToken = async (guide: Guide): Promise<Next> => {
  const given = await guide.asker.text(
    'The URL of the MCP server that refuses it (Enter to skip):',
    '',
    (text) => (text === '' ? undefined : addressFault(text)),
  )
  return given === '' ? judgeToken(guide) : tryToken(guide, checkedAddress(given))
}

/** `as`: what the person says it is. */
export const discoverAt = async (guide: Guide, address: string, as?: 'mcp'): Promise<Next> => {
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
              name: 'Log in as a client would, and check the token',
              value: async (): Promise<Next> => {
                if ((await take(guide, login)) !== exitCodes.accepted) return next
                await take(guide, {
                  args: [
                    'validate',
                    '--store',
                    storeName(address),
                    ...(shown(known) ?? (await expectations(guide, known))),
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
              name: 'Check the token that the client sends',
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
      { name: 'Run it again', value: () => discoverAt(guide, address, as) },
      back,
    ])
  return next
}
