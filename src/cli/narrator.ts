// What a command may do beside returning its finding: narrate, warn, ask.

export interface Narrator {
  /** Says on stderr what is going on; silent with --quiet and --json. */
  readonly note: (text: string) => void
  readonly warn: (text: string) => void
  /** No spinner and no narration. */
  readonly quiet: boolean
  /** Somebody is there to answer a question. */
  readonly canAsk: boolean
  readonly env: NodeJS.ProcessEnv
  /** Columns of the terminal that shows the result; undefined where the result goes elsewhere. */
  readonly columns: number | undefined
}
