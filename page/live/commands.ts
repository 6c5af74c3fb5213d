// What to type in a terminal to go on with one decision. A token is in no decision: the reader puts it into a file.
import type { DecisionSummary } from '../data/types.ts'

export interface Command {
  readonly label: string
  readonly command: string
}

/** Safe in a POSIX shell: names come from peers. */
const quoted = (text: string): string =>
  /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`

export const commandsFor = ({ id, caller, request }: DecisionSummary): readonly Command[] => [
  ...(caller.token === null
    ? []
    : [
        {
          label: 'Copy as mcp-proxy validate',
          command: `mcp-proxy validate --config proxy.toml${request.name === null ? '' : ' --tools'} @token.txt`,
        },
      ]),
  { label: 'Copy as mcp-proxy why', command: `mcp-proxy why ${quoted(id)}` },
]
