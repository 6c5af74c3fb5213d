// A spinner for what takes longer than a second, on a terminal only.

import { systemClock } from '../../base/clock.ts'
import { printable } from '../../base/escape.ts'
import { stderr } from './output.ts'

interface Options {
  /** A function is asked again while the work goes on. */
  readonly text: string | (() => string)
  readonly quiet: boolean
}

const patience = 1000

/** Runs `work`; after a second without an end it says on stderr what is being waited for. */
export const withProgress = async <T>(
  { text, quiet }: Options,
  work: () => Promise<T>,
): Promise<T> => {
  if (quiet || !stderr.isTTY) return work()
  const ended = new AbortController()
  let stop: (() => void) | undefined
  const spin = async () => {
    await systemClock.sleep(patience, ended.signal)
    const { default: ora } = await import('ora')
    if (ended.signal.aborted) return
    const said =
      typeof text === 'string' ? { text: printable(text) } : { suffixText: () => printable(text()) }
    const spinner = ora({ ...said, stream: stderr.stream(), discardStdin: false }).start()
    stop = () => spinner.stop()
  }
  // An aborted sleep is the usual end: the work was faster.
  spin().catch(() => undefined)
  try {
    return await work()
  } finally {
    ended.abort()
    stop?.()
  }
}
