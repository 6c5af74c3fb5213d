// Who may call: nobody is asked, static tokens, or an authorization server and how its tokens are judged.
import { hintOf, problemOf } from '../../problems/problem.ts'
import { usageError, UsageError } from '../../problems/usage-error.ts'
import type { Asker } from '../terminal/ask.ts'
import { checkedAddress, notedAddress } from '../address/checked-address.ts'
import { networkCertificates, networkPorts } from '../flags/network-flags.ts'
import { withProgress } from '../terminal/progress.ts'
import { answered, given, proposed, type Choice } from './choice.ts'
import type { ClientAnswers } from './draft.ts'
import { probeFacts, type Facts } from './facts.ts'
import {
  factLines,
  offeredMethods,
  proposeClientAuth,
  proposeStrategy,
  strategyReason,
  type Strategy,
} from './propose.ts'
import { decide, type Wizard } from './session.ts'

/** What is settled before the addresses are: scopes and audience follow. */
export type CallerChoice =
  | {
      readonly type: 'none'
      readonly from: Choice<unknown>['from']
      readonly facts: Facts | undefined
    }
  | { readonly type: 'bearer'; readonly variables: Choice<readonly string[]> }
  | {
      readonly type: 'oauth'
      readonly issuer: Choice<string>
      readonly strategy: Choice<Strategy>
      readonly client: ClientAnswers | undefined
      readonly facts: Facts | undefined
    }
  /** Nobody could say, and nobody is there to be asked. */
  | { readonly type: 'unknown'; readonly facts: Facts }

const variableFault = (name: string): string | undefined =>
  /^[A-Za-z_]\w*$/.test(name)
    ? undefined
    : 'the name of an environment variable: letters, digits and _'

const bearerCaller = async ({ flags }: Wizard, asker: Asker | undefined): Promise<CallerChoice> => {
  const names = flags.bearer
  const wrong = names?.find((name) => variableFault(name) !== undefined)
  if (wrong !== undefined) {
    // What stands there may be a token: it is not repeated.
    throw usageError(problemOf('usage-flag', 'bearer-variable'))
  }
  const proposal = { value: ['MCP_TOKEN'], why: 'one token; more can be added to the list' }
  if (names !== undefined) return { type: 'bearer', variables: given(names) }
  if (asker === undefined) return { type: 'bearer', variables: proposed(proposal) }
  const name = await asker.text(
    'Environment variable for the token:',
    proposal.value[0] ?? '',
    variableFault,
  )
  return { type: 'bearer', variables: answered([name], proposal) }
}

const addressFault = (text: string): string | undefined => {
  try {
    checkedAddress(text, example)
    return undefined
  } catch (error) {
    return error instanceof UsageError
      ? `${error.message}, such as https://id.example.com`
      : undefined
  }
}

const example = 'mcp-proxy init https://id.example.com'

const look = async ({ flags, narrator, asker }: Wizard, address: string): Promise<Facts> => {
  const isIssuer = flags.issuer !== undefined
  const ports = await networkPorts(flags, narrator)
  const lookAtCertificate = await networkCertificates(flags, narrator)
  const facts = await withProgress(
    { text: `asking ${new URL(address).host}`, quiet: narrator.quiet },
    () =>
      probeFacts(address, ports, {
        as: isIssuer ? 'issuer' : undefined,
        allowHttp: flags['allow-http'] === true,
        timeout: flags.timeout,
        lookAtCertificate,
      }),
  )
  // Where nobody is asked, the report says it.
  if (asker !== undefined) for (const line of factLines(facts)) narrator.note(`  ${line}`)
  if (asker !== undefined && facts.problem !== undefined) {
    narrator.note(`  fix: ${hintOf(facts.problem)}`)
  }
  return facts
}

const strategyOptions = (facts: Facts, proposal: Strategy | undefined) =>
  (['jwt', 'both', 'introspection'] as const).map((value) => ({
    name: value === proposal ? `${value} (proposed)` : value,
    short: value,
    value,
    description: strategyReason(value, facts),
  }))

const decideStrategy = async (
  session: Wizard,
  facts: Facts,
): Promise<Choice<Strategy> | undefined> => {
  const { flags, asker } = session
  if (flags.strategy !== undefined) return given(flags.strategy)
  const proposal = proposeStrategy(facts, flags['client-id'] !== undefined)
  if (asker === undefined) return proposal === undefined ? undefined : proposed(proposal)
  const options = strategyOptions(facts, proposal?.value)
  const value = await asker.choose('How are tokens validated?', options, proposal?.value)
  return value === proposal?.value
    ? proposed(proposal)
    : { value, why: strategyReason(value, facts), from: 'answer' }
}

const decideClient = async (session: Wizard, facts: Facts): Promise<ClientAnswers> => {
  const { flags, asker } = session
  const id = flags['client-id']
  if (id === undefined && asker === undefined) {
    throw usageError(problemOf('usage-missing', 'init-client'))
  }
  const asks = { value: id ?? '', why: 'the client registered for the proxy at the issuer' }
  const auth = proposeClientAuth(facts)
  return {
    id: await decide(session, id, asks, (one) =>
      one.text('Client id of the proxy at the issuer:', '', (text) =>
        text === '' ? 'register a client there, and give its id' : undefined,
      ),
    ),
    auth: await decide(session, flags['client-auth'], auth, (one) =>
      one.choose(
        'How does it authenticate?',
        offeredMethods.map((value) => ({
          name: value === auth.value ? `${value} (proposed: ${auth.why})` : value,
          short: value,
          value,
        })),
        auth.value,
      ),
    ),
  }
}

type Next = 'again' | 'anyway' | 'none'

const whatNow = (asker: Asker, facts: Facts): Promise<Next> =>
  asker.choose<Next>('Next step?', [
    { name: 'Try another address', value: 'again' },
    ...(facts.issuer === undefined
      ? []
      : [{ name: `Continue with ${facts.issuer} as the issuer`, value: 'anyway' as const }]),
    { name: 'No authorization, this machine only', value: 'none' },
  ])

const addressQuestion = 'Issuer, or the URL of an MCP server that names it:'

/** What follows from what was found; `issuer` has been settled. */
const settled = async (session: Wizard, facts: Facts, issuer: string): Promise<CallerChoice> => {
  const strategy = await decideStrategy(session, facts)
  if (strategy === undefined) return { type: 'unknown', facts }
  const isWritten = issuer === session.flags.issuer
  return {
    type: 'oauth',
    issuer: isWritten
      ? given(issuer)
      : proposed({ value: issuer, why: 'as published in its metadata' }),
    strategy,
    client: strategy.value === 'jwt' ? undefined : await decideClient(session, facts),
    facts,
  }
}

/** Where nobody can be asked, flags may say what the network did not. */
const unattended = async (session: Wizard, facts: Facts): Promise<CallerChoice> => {
  const { issuer, failure, isOpen } = facts
  if (issuer === undefined) {
    return isOpen ? { type: 'none', from: 'proposal', facts } : { type: 'unknown', facts }
  }
  return failure === undefined || session.flags.strategy !== undefined
    ? settled(session, facts, issuer)
    : { type: 'unknown', facts }
}

const oauthCaller = async (
  session: Wizard,
  argument: string | undefined,
): Promise<CallerChoice> => {
  const { flags, asker } = session
  let address = flags.issuer ?? argument
  for (;;) {
    address ??= await asker?.text(addressQuestion, '', addressFault)
    if (address === undefined) throw usageError(problemOf('usage-missing', 'init-issuer'))
    const read = notedAddress(address, { example }, session.narrator)
    const facts = await look(session, read.address)
    if (asker === undefined) return unattended(session, facts)
    const isKnown = facts.issuer !== undefined && facts.failure === undefined
    const next = isKnown ? 'anyway' : await whatNow(asker, facts)
    if (next === 'none') return { type: 'none', from: 'answer', facts }
    if (next === 'anyway') return settled(session, facts, facts.issuer ?? address)
    address = undefined
  }
}

/** `argument`: the address on the command line. */
export const decideCaller = async (
  session: Wizard,
  argument: string | undefined,
): Promise<CallerChoice> => {
  const { flags, asker } = session
  if (flags['no-auth'] === true) return { type: 'none', from: 'flag', facts: undefined }
  if (flags.bearer !== undefined) return bearerCaller(session, undefined)
  if (argument !== undefined || flags.issuer !== undefined) return oauthCaller(session, argument)
  if (asker === undefined) return { type: 'none', from: 'proposal', facts: undefined }
  const kind = await asker.choose<'oauth' | 'bearer' | 'none'>('Who may call the proxy?', [
    {
      name: 'Callers with a token of an authorization server (OAuth)',
      short: 'OAuth',
      value: 'oauth',
      description: 'clients are told where to log in; tokens are bound to this proxy',
    },
    {
      name: 'Callers with a static token',
      short: 'static token',
      value: 'bearer',
      description: 'one shared secret, from an environment variable',
    },
    {
      name: 'Anyone on this machine, without a token',
      short: 'this machine',
      value: 'none',
      description: 'listens on loopback only',
    },
  ])
  if (kind === 'none') return { type: 'none', from: 'answer', facts: undefined }
  return kind === 'bearer' ? bearerCaller(session, asker) : oauthCaller(session, undefined)
}
