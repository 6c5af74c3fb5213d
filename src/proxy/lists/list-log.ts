// What the log says about the lists of one backend: each thing once, not for each list that is fetched.
import type { Logger } from '../../base/ports.ts'
import type { ItemFaults } from './entries.ts'
import type { ListKind } from './list-kinds.ts'
import type { Pages } from './list-pages.ts'

/** A list whose faults change all the time must not fill the memory. */
const mostLogged = 1000

export interface ListLog extends ItemFaults {
  /** `lacks`: undefined where the list is whole. `items`: how many came. */
  readonly onCut: (kind: ListKind, lacks: Pages['lacks'], items: number) => void
  readonly onSkipped: (kind: ListKind, why: string) => void
  readonly onLost: (kind: ListKind, error: unknown) => void
}

/** `logged`: the faults that the log has already, shared by those who list for the same backend. */
export const createListLog = (backend: string, log: Logger, logged: Set<string>): ListLog => {
  /** Why a list was cut short, as the log has it already. */
  const cuts = new Map<ListKind, string>()
  return {
    onFault: (list, name, faults, kept) => {
      const why = faults.join(', ')
      const key = `${list} ${name} ${why}`
      if (logged.has(key) || logged.size >= mostLogged) return
      logged.add(key)
      const done = kept ? 'item of a list fixed' : 'item of a list left out'
      log.warn({ backend, list, name, why }, done)
    },
    onWrongHeaders: (tool, why) => {
      log.warn({ backend, tool, why }, 'tool left out: its schema is wrong about headers')
    },
    onCut: (list, lacks, items) => {
      if (lacks === undefined) cuts.delete(list)
      if (lacks === undefined || cuts.get(list) === lacks.why) return
      cuts.set(list, lacks.why)
      log.warn({ backend, list, items, why: lacks.why }, 'list cut short')
    },
    onSkipped: (list, why) => {
      log.warn({ backend, list, why }, 'list skipped')
    },
    onLost: (list, error) => {
      log.error({ backend, list, error: String(error) }, 'a list was lost')
    },
  }
}
