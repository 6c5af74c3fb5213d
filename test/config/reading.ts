// Reads configurations written in the tests, and shows problems as a person would see them.
import { UsageError, type UsageProblem } from '../../src/problems/usage-error.ts'
import type { Format } from '../../src/config/document.ts'
import { type LoadedConfig, parseConfig } from '../../src/config/load.ts'

type Environment = Readonly<Record<string, string | undefined>>

export const read = (
  text: string,
  env: Environment = {},
  format: Format = 'toml',
): Promise<LoadedConfig> => parseConfig(text, { file: `proxy.${format}`, format, env })

/** The problems of a configuration that must not pass. */
export const problemsOf = async (
  text: string,
  env: Environment = {},
  format: Format = 'toml',
): Promise<readonly UsageProblem[]> => {
  let loaded: LoadedConfig
  try {
    loaded = await read(text, env, format)
  } catch (error) {
    if (error instanceof UsageError) return error.problems
    throw error
  }
  throw new Error(`accepted: ${JSON.stringify(loaded.config)}`)
}

/** `line:column code message | hint`, one for each problem. */
export const shown = (problems: readonly UsageProblem[]): string[] =>
  problems.map(
    ({ code, message, place, hint }) =>
      `${place?.line ?? '-'}:${place?.column ?? '-'} ${code} ${message}${hint === undefined ? '' : ` | ${hint}`}`,
  )

export const minimal = `[proxy]
name = "desk"

[[backends]]
name = "files"
transport = "stdio"
command = "files-server"
`
