// Clients of this machine are pointed at the proxy: after its configuration was written, or at one that is there.
import type { ClientName } from '../../config/clients/places.ts'
import type { ProxyAddress } from '../../config/clients/proxy-entry.ts'
import { exitCodes } from '../command/exit-codes.ts'
import type { CommandResult } from '../command/report-command.ts'
import { createAsker, type Asker } from '../terminal/ask.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { writeEnvFile } from './env-file.ts'
import { readExisting } from './existing-config.ts'
import { initLine, initText } from './init-text.ts'
import {
  checkClients,
  showClients,
  undoClient,
  writeClients,
  type ClientReport,
} from './point-clients.ts'
import { connectedReport, restoredReport, type InitReport } from './report.ts'
import type { InitFlags } from './session.ts'
import { fileExists } from './write-file.ts'

/** Writes to those that were asked for, and shows the others. */
export const pointClients = async (
  address: ProxyAddress,
  flags: InitFlags,
  asker: Asker | undefined,
  narrator: Narrator,
): Promise<readonly ClientReport[]> => {
  const shown = await showClients(address, narrator)
  const open = shown.filter(({ status, entry }) => status === 'shown' && entry !== null)
  const chosen =
    flags['write-client'] ??
    (asker === undefined || open.length === 0
      ? []
      : await asker.tick(
          'Which clients should use the proxy? Each change is shown before it is made.',
          open.map(({ client, called }) => ({ name: called, value: client, ticked: false })),
        ))
  const written = await writeClients([...new Set(chosen)], address, asker, narrator)
  const isWritten = ({ client }: ClientReport) => written.some((one) => one.client === client)
  return [...written, ...shown.filter((one) => !isWritten(one))]
}

/** What is decided by none of these is not decided again. */
const beside = 'output name write-client write-env yes timeout json quiet no-color'.split(' ')

/** With an existing file and no word about what should be in it, that file is what clients are pointed at. */
export const isConnecting = async (
  argument: string | undefined,
  flags: InitFlags,
): Promise<boolean> => {
  if (flags['write-client'] === undefined && flags['write-env'] !== true) return false
  const isSaid = Object.entries(flags).some(
    ([name, value]) => value !== undefined && value !== false && !beside.includes(name),
  )
  return argument === undefined && !isSaid && (await fileExists(flags.output))
}

const concluded = (report: InitReport, { columns }: Narrator): CommandResult<InitReport> => ({
  report,
  exitCode: exitCodes.accepted,
  text: (style) => initText(report, { style, columns }),
  line: (style) => initLine(report, style),
})

export const connect = async (
  flags: InitFlags,
  narrator: Narrator,
): Promise<CommandResult<InitReport>> => {
  const { output } = flags
  const read = () => readExisting(output, flags.name, narrator.env)
  const { proxy, variables } = await read()
  const chosen = flags['write-client'] ?? []
  await checkClients(chosen, proxy, narrator)
  const envFile =
    flags['write-env'] === true ? await writeEnvFile(output, variables, narrator) : null
  const asker = flags.yes === true || !narrator.canAsk() ? undefined : await createAsker()
  const clients = await pointClients(
    (await read()).proxy,
    { ...flags, 'write-client': chosen },
    asker,
    narrator,
  )
  return concluded(connectedReport(output, { variables, env_file: envFile, clients }), narrator)
}

export const undo = async (
  client: ClientName,
  flags: InitFlags,
  narrator: Narrator,
): Promise<CommandResult<InitReport>> =>
  concluded(restoredReport(await undoClient(client, flags, narrator)), narrator)
