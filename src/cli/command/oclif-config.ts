// The part of oclif's Config that running one known command and printing help need: no scan, no plugin, no manifest.
import type { Command } from '@oclif/core/command'
import type { Config } from '@oclif/core/config'

export const bin = 'mcp-proxy'
const name = '@mcp-proxy/cli'

const description = `Find out why an OAuth token, an issuer or an MCP server is refused, and run the MCP proxy that refuses by the same code.
What \`validate\` says is what \`serve\` does: same checks, same ids, same verdict.

Exit codes: 0 accepted or clean; 1 rejected or findings; 2 wrong usage or configuration; 3 could not establish; 4 login needed; 70 internal error; 130 interrupted.`

export type CommandClass = Command.Class

/** A command as the help writer wants to see it. */
const listed = (command: CommandClass): Command.Loadable => {
  const flags = { ...command.baseFlags, ...command.flags }
  return {
    id: command.id,
    aliases: [],
    hiddenAliases: [],
    hidden: false,
    args: named(command.args),
    flags: named(flags),
    description: command.description,
    summary: command.summary,
    examples: command.examples,
    usage: command.usage,
    strict: command.strict,
    load: async () => command,
  } as unknown as Command.Loadable
}

const named = (entries: object): object =>
  Object.fromEntries(
    Object.entries(entries).map(([key, value]) => [key, { ...(value as object), name: key }]),
  )

/** `version` is asked for where it is told: it stands in a file. */
export const oclifConfig = (version: () => string, commands: readonly CommandClass[]): Config => {
  const list = commands.map(listed)
  return {
    bin,
    name,
    get version() {
      return version()
    },
    root: '',
    arch: process.arch,
    platform: process.platform,
    windows: process.platform === 'win32',
    shell: 'unknown',
    get userAgent() {
      return `${bin} ${version()} ${process.platform}-${process.arch} node-${process.version}`
    },
    topicSeparator: ' ',
    topics: [],
    plugins: new Map(),
    pjson: { name, oclif: { bin, description } },
    commands: list,
    commandIDs: list.map(({ id }) => id),
    findCommand: (id: string) => list.find((command) => command.id === id),
    findTopic: () => undefined,
    runHook: () => Promise.resolve({ successes: [], failures: [] }),
    scopedEnvVar: () => undefined,
    scopedEnvVarTrue: () => false,
    scopedEnvVarKey: (key: string) => `MCP_PROXY_${key}`,
    scopedEnvVarKeys: (key: string) => [`MCP_PROXY_${key}`],
  } as unknown as Config
}
