// What oclif is started with: the package of this program, and where it lies.
import type { Command } from '@oclif/core/command'
import type { LoadOptions, PJSON } from '@oclif/core/interfaces'

export type CommandClass = Command.Class

/** The `oclif` section of its package.json has the name of the binary and says where the commands are. */
export interface Program {
  /** The folder of package.json and oclif.manifest.json. */
  readonly root: string
  readonly pjson: PJSON
}

const nothing = () => undefined

// oclif's own logger prints the command line, a token included, where DEBUG asks for it.
const silent = {
  namespace: 'oclif',
  child: () => silent,
  debug: nothing,
  error: nothing,
  info: nothing,
  trace: nothing,
  warn: nothing,
}

const description = `Find out why an OAuth token, an issuer or an MCP server is refused, and run the MCP proxy that refuses by the same code.
What \`validate\` says is what \`serve\` does: same checks, same ids, same verdict.

Other names: verify = validate, decode and inspect = validate --decode-only, status = doctor, check = serve --check.

Exit codes: 0 accepted or clean; 1 rejected or findings; 2 wrong usage or configuration; 3 could not establish; 4 login needed; 70 internal error; 130 interrupted.`

export const loadOptionsOf = ({ root, pjson }: Program) =>
  ({
    root,
    pjson: { ...pjson, oclif: { ...pjson.oclif, description } },
    logger: silent,
    userPlugins: false,
    devPlugins: false,
  }) satisfies LoadOptions
