// The program as oclif knows it: its real Config, from package.json and the manifest of the build.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Config } from '@oclif/core/config'
import { loadOptionsOf, type Program } from '../../src/cli/command/program.ts'
import { repository } from './command-line.ts'

export const loadProgram = (): Promise<Config> => {
  const text = readFileSync(path.join(repository, 'package.json'), 'utf8')
  return Config.load(
    loadOptionsOf({ root: repository, pjson: JSON.parse(text) as Program['pjson'] }),
  )
}
