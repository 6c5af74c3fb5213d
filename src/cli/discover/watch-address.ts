// The work of `discover --watch`: the first run in full, then a line for each change, until it is interrupted.
import { systemClock } from '../../base/clock.ts'
import { askedAddress, findingOf, discoverOnce, type DiscoverFlags } from './discover-address.ts'
import { jsonText } from '../../base/escape.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { networkCertificates, networkPorts } from '../flags/network-flags.ts'
import { watchText } from './watch-text.ts'
import type { Stream } from '../command/report-command.ts'
import { watch, type WatchEvent } from './watch.ts'

/** Never ends by itself; `process` ends it with 130. */
export const watchAddress = async (
  argument: string | undefined,
  flags: DiscoverFlags & { readonly watch: number },
  surface: Narrator & Stream,
): Promise<never> => {
  const { json, style, columns, write, quiet } = surface
  const { address, about } = await askedAddress(argument, surface)
  const asked = { ...flags, as: flags.as ?? about }
  const ports = await networkPorts(flags, surface)
  const lookAtCertificate = await networkCertificates(flags, surface)
  const tell = (event: WatchEvent): void => {
    if (json) {
      write(`${jsonText(event)}\n`)
      return
    }
    if (event.event !== 'report') {
      write(`${watchText(event, style)}\n`)
      return
    }
    const { text, line = text } = findingOf(event.report, undefined, columns)
    write(`${(quiet ? line : text)(style)}\n`)
  }
  surface.note(`looking again every ${String(flags.watch)} s; stop with Ctrl-C`)
  return watch({
    everySeconds: flags.watch,
    failOn: flags['fail-on'],
    clock: systemClock,
    signal: new AbortController().signal,
    look: () => discoverOnce(address, asked, { ports, lookAtCertificate }),
    tell,
  })
}
