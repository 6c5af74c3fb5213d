// The work of `init`: from flags, answers and what is found to a configuration that serve takes, and its reasons.
import path from 'node:path'
import { problemOf } from '../../problems/problem.ts'
import { problemFromUsage, usageError } from '../../problems/usage-error.ts'
import { backendNameFrom } from '../../config/clients/backend-name.ts'
import type { ProxyAddress } from '../../config/clients/proxy-entry.ts'
import { formatOf } from '../../config/document.ts'
import { createAsker, type Asker } from '../terminal/ask.ts'
import { printableLines } from '../../base/escape.ts'
import { exitCodes } from '../command/exit-codes.ts'
import { stderr } from '../terminal/output.ts'
import { acceptDraft } from './accept.ts'
import { given, proposed } from './choice.ts'
import { decideAddress, decideAuth } from './decide-address.ts'
import { decideCaller } from './decide-auth.ts'
import { decideBackends } from './decide-backends.ts'
import { draftText, listenerUrl, type Answers } from './draft.ts'
import type { Facts } from './facts.ts'
import { connect, isConnecting, pointClients, undo } from './connect.ts'
import { envFileOf, environmentTemplate, writeEnvFile } from './env-file.ts'
import { checkClients } from './point-clients.ts'
import { initReport, undecidedReport, variableReports, type InitReport } from './report.ts'
import { startOf } from './start-of.ts'
import { type InitFlags, type Wizard } from './session.ts'
import { existing, fileExists, writeNewFile } from './write-file.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { initLine, initText, notTaken, undecidedText } from './init-text.ts'
import type { CommandResult } from '../command/report-command.ts'

/** Without a person to ask and without --yes, what has no safe default has to be said. */
const checkFlags = (argument: string | undefined, flags: InitFlags): void => {
  const isOauth = argument !== undefined || flags.issuer !== undefined
  const isNamed = isOauth || flags['no-auth'] === true || flags.bearer !== undefined
  const needed = [
    ...(isNamed ? [] : ['--issuer (or --no-auth, or --bearer)']),
    ...(isOauth && flags.strategy === undefined ? ['--strategy'] : []),
    ...(isOauth && flags['public-url'] === undefined ? ['--public-url'] : []),
    ...(flags.backend === undefined && flags.from === undefined ? ['--backend (or --from)'] : []),
  ]
  if (needed.length === 0) return
  const values = { n: needed.length, flags: needed.join(', ') }
  throw usageError(problemOf('usage-missing', 'init-flags', values))
}

const checkOutput = async (flags: InitFlags): Promise<void> => {
  if (formatOf(flags.output) !== 'toml') {
    throw usageError(problemOf('usage-flag', 'output-format'))
  }
}

const nameOf = ({ flags, cwd }: Wizard): Answers['name'] => {
  if (flags.name !== undefined) return given(flags.name)
  const folder = path
    .basename(cwd)
    .replace(/[^\w .-]+/g, '')
    .trim()
  return proposed({ value: folder === '' ? 'mcp-proxy' : folder, why: 'the name of this folder' })
}

type End = 'write' | 'print'

/** The file is shown before anything is written; leaving is an interruption. */
const confirmed = async (
  asker: Asker,
  text: string,
  { output }: InitFlags,
): Promise<{ end: End; replace: boolean }> => {
  stderr.write(`\n${printableLines(text)}\n`)
  const exists = await fileExists(output)
  const end = await asker.choose<End | 'leave'>(
    exists ? `${output} already exists. Next step?` : 'This passes serve --check. Next step?',
    [
      { name: exists ? `Replace ${output}` : `Write ${output}`, value: 'write' },
      { name: 'Only print it', value: 'print' },
      { name: 'Quit without writing', value: 'leave' },
    ],
    exists ? 'leave' : 'write',
  )
  if (end === 'leave') process.exit(exitCodes.interrupted)
  return { end, replace: exists }
}

const decideAll = async (session: Wizard, argument: string | undefined) => {
  const caller = await decideCaller(session, argument)
  if (caller.type === 'unknown') return caller.facts
  const address = await decideAddress(session, caller)
  const facts = caller.type === 'bearer' ? undefined : caller.facts
  const auth = await decideAuth(session, caller, address.publicUrl.value)
  const partial = { name: nameOf(session), ...address, auth, backends: [] }
  const backends = await decideBackends(session, facts, [
    address.publicUrl.value,
    listenerUrl(partial),
    path.resolve(session.cwd, session.flags.output),
  ])
  const answers: Answers = { ...partial, backends: backends.answers }
  const typeFrom = caller.type === 'none' ? caller.from : 'flag'
  return { answers, backends, facts, typeFrom } as const
}

const undecided = (facts: Facts, { columns }: Narrator): CommandResult<InitReport> => {
  const report = undecidedReport(facts)
  return {
    report,
    exitCode: exitCodes.undecided,
    text: (style) => undecidedText(report, { style, columns }),
  }
}

/** What has to be known before anything is asked of anybody; gives the conversation, if there is to be one. */
const prepared = async (
  argument: string | undefined,
  flags: InitFlags,
  narrator: Narrator,
): Promise<Asker | undefined> => {
  await checkOutput(flags)
  const asker = flags.yes === true || !narrator.canAsk() ? undefined : await createAsker()
  if (asker !== undefined) return asker
  if (flags.yes !== true) checkFlags(argument, flags)
  const isFree = flags.print === true || flags.force === true
  if (!isFree && (await fileExists(flags.output))) throw existing(flags.output)
  return undefined
}

const proxyAddress = (
  { name, publicUrl, auth }: Answers,
  output: string,
  variables: readonly string[],
): ProxyAddress => ({
  name: backendNameFrom(name.value),
  url: publicUrl.value,
  tokenVariable: auth.type === 'bearer' ? auth.variables.value[0] : undefined,
  start: startOf(path.resolve(output), variables),
})

type VariablesUse = 'file' | 'template' | 'none'

const variablesUse = async (
  flags: InitFlags,
  asker: Asker | undefined,
  names: readonly string[],
): Promise<VariablesUse> => {
  if (flags['write-env'] === true) return 'file'
  if (flags['env-template'] === true) return 'template'
  if (asker === undefined || names.length === 0) return 'none'
  const file = envFileOf(flags.output)
  return asker.choose<VariablesUse>(`Where do the values of ${names.join(', ')} come from?`, [
    { name: `Write ${file} with the names, to be filled in`, short: file, value: 'file' },
    { name: 'Print a template of an .env file', short: 'a template', value: 'template' },
    { name: 'From elsewhere', value: 'none' },
  ])
}

interface Decision {
  readonly decided: Exclude<Awaited<ReturnType<typeof decideAll>>, Facts>
  readonly text: string
  readonly end: End
  readonly replace: boolean
}

/** Writes the file, the .env and the files of clients, as far as each was asked for. */
const carriedOut = async (
  { decided, text, end, replace }: Decision,
  flags: InitFlags,
  asker: Asker | undefined,
  narrator: Narrator,
) => {
  const variables = variableReports(text, decided.backends.variables(), narrator.env)
  const names = variables.map(({ name }) => name)
  const address = (): ProxyAddress => proxyAddress(decided.answers, flags.output, names)
  // Before anything is written: a file that cannot be added to leaves everything as it is.
  await checkClients(flags['write-client'] ?? [], address(), narrator)
  if (end === 'write') await writeNewFile(flags.output, text, replace)
  const open = end === 'write' ? asker : undefined
  const use = await variablesUse(flags, open, names)
  return {
    variables,
    template: use === 'template' ? environmentTemplate(variables) : '',
    envFile: use === 'file' ? await writeEnvFile(flags.output, variables, narrator) : null,
    clients: end === 'write' ? await pointClients(address(), flags, open, narrator) : [],
  }
}

export const initProxy = async (
  argument: string | undefined,
  flags: InitFlags,
  narrator: Narrator,
): Promise<CommandResult<InitReport>> => {
  if (argument !== undefined && flags.issuer !== undefined) {
    throw usageError(problemOf('usage-flag', 'issuer-twice'))
  }
  if (flags['undo-client'] !== undefined) return undo(flags['undo-client'], flags, narrator)
  if (await isConnecting(argument, flags)) return connect(flags, narrator)
  const asker = await prepared(argument, flags, narrator)
  if (asker !== undefined && flags.print !== true) {
    narrator.note(`Shows ${flags.output} before writing it. Ctrl-C quits without changes.`)
  }
  const session: Wizard = { flags, narrator, asker, cwd: process.cwd() }
  const decided = await decideAll(session, argument)
  if (!('answers' in decided)) return undecided(decided, narrator)
  const text = draftText(decided.answers, flags.output)
  const warnings = await acceptDraft(text, flags.output)
  for (const warning of warnings) narrator.warn(problemFromUsage(warning, ''))
  const isAsked = asker !== undefined && flags.print !== true
  const { end, replace } = isAsked
    ? await confirmed(asker, text, flags)
    : {
        end: flags.print === true ? ('print' as const) : ('write' as const),
        replace: flags.force === true,
      }
  const done = await carriedOut(
    { decided, text, end, replace },
    flags,
    isAsked ? asker : undefined,
    narrator,
  )
  const { template } = done
  const report = initReport({
    ...decided,
    ...done,
    text,
    written: end === 'write',
    file: flags.output,
    warnings,
  })
  if (end === 'print') {
    // Standard output is the file alone; what is missing from it is said beside it.
    for (const { what, why, hint: remedy } of notTaken(report)) {
      narrator.warn(
        remedy === undefined
          ? problemOf('usage-advice', 'left-out', { what, why })
          : problemOf('usage-advice', 'server-left-out', { what, why, remedy }),
      )
    }
    if (template !== '') narrator.note(template)
  }
  return {
    report,
    exitCode: exitCodes.accepted,
    text: (style) =>
      end === 'print'
        ? text.trimEnd()
        : [
            initText(report, { style, columns: narrator.columns }),
            ...(template === '' ? [] : ['', template]),
          ].join('\n'),
    ...(end === 'print' ? {} : { line: (style) => initLine(report, style) }),
  }
}
