// `discover --save` and `--har`: the whole exchange of a run, redacted, for a bug report or for a later --diff.
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { Ports } from '../../base/ports.ts'
import type { Narrator } from '../terminal/narrator.ts'
import type { DiscoverReport } from './discover-report.ts'
import { jsonText } from '../../base/escape.ts'
import { recordedExchanges } from '../../net/interceptors/recorded-exchanges.ts'
import { redact } from '../report/redact.ts'
import { harDocument } from './har.ts'
import { openHarFile } from './har-file.ts'
import { openSaveFolder } from './save-folder.ts'
import { cleanerFor, fileNameOf, savedExchange, type Clean } from '../report/saved-exchange.ts'

export interface Saving {
  /** What is asked through these is kept. */
  readonly ports: Ports
  write(report: DiscoverReport): Promise<void>
  /** All of them, redacted. */
  exchanges(): readonly JsonObject[]
}

const proxyPassword = (address: string | undefined): string | undefined =>
  address !== undefined && URL.canParse(address) ? new URL(address).password : undefined

/** What this process knows and a server could repeat. */
const secretsOf = (env: NodeJS.ProcessEnv): readonly (string | undefined)[] => [
  env['MCP_PROXY_TOKEN'],
  env['MCP_PROXY_CLIENT_SECRET'],
  ...['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].map((name) =>
    proxyPassword(env[name]),
  ),
]

const text = (value: unknown): string => `${jsonText(value, 2)}\n`

/** A member named code is a credential anywhere but here, where it is the id of what was found. */
const savedReport = (report: DiscoverReport, clean: Clean): JsonObject => {
  const saved = redact(report as unknown as JsonObject, clean)
  const { problem } = saved
  return isJsonObject(problem) && report.problem !== null
    ? { ...saved, problem: { ...problem, code: report.problem.code } }
    : saved
}

/** Where a run is kept: a folder (--save), an HTTP Archive (--har), or both. */
export interface SavePlaces {
  readonly folder: string | undefined
  readonly har: string | undefined
  /** Whether a page is made of it. */
  readonly page: boolean
  /** Of this program. */
  readonly version: string
}

/** Undefined where nothing is to be kept. */
export const openSaving = async (
  { folder, har, page, version }: SavePlaces,
  ports: Ports,
  { env, note }: Pick<Narrator, 'env' | 'note'>,
  secrets: readonly string[] = [],
): Promise<Saving | undefined> => {
  if (folder === undefined && har === undefined && !page) return undefined
  const target = folder === undefined ? undefined : await openSaveFolder(folder)
  const archive = har === undefined ? undefined : await openHarFile(har)
  const recording = recordedExchanges(ports)
  const clean = cleanerFor([...secrets, ...secretsOf(env)])
  const redacted = () => recording.exchanges.map((exchange) => savedExchange(exchange, clean))
  return {
    ports: recording.ports,
    exchanges: redacted,
    write: async (report) => {
      if (target === undefined && archive === undefined) return
      const { exchanges } = recording
      const saved = redacted()
      const count = `saved ${String(exchanges.length)} exchanges`
      await target?.write([
        ...exchanges.map(
          (exchange, index) => [fileNameOf(exchange, index), text(saved[index])] as const,
        ),
        ['report.json', text(savedReport(report, clean))],
      ])
      if (folder !== undefined) note(`${count} and report.json in ${folder}`)
      await archive?.write(text(harDocument(saved, version)))
      if (har !== undefined) note(`${count} in ${har}`)
    },
  }
}
