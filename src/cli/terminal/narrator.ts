// What a command may do beside returning its finding: narrate, warn, ask.
import type { Problem } from '../../problems/problem.ts'

export interface Narrator {
  /** Says on stderr what is going on; silent with --quiet and --json. */
  readonly note: (text: string) => void
  readonly warn: (problem: Problem) => void
  /** Says on stderr, whatever the mode, what nobody could go on without. */
  readonly tell: (text: string) => void
  /** No spinner and no narration. */
  readonly quiet: boolean
  /** Whether somebody is there to answer a question. Asking this opens standard input, which costs a start. */
  readonly canAsk: () => boolean
  readonly env: NodeJS.ProcessEnv
  /** Columns of the terminal that shows the result; undefined where the result goes elsewhere. */
  readonly columns: number | undefined
}
