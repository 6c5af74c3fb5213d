// What entries about the command line have in common.
import type { Texts } from './spec.ts'

export const usage = {
  group: 'usage',
  severity: 'fatal',
  refuses: 'always',
  outcome: 'rejected',
  hint: 'see --help',
  http: undefined,
  oauth: undefined,
  spec: '',
} as const

export const seeHelp = ({ command }: Texts<'command'>): string => `see mcp-proxy ${command} --help`
export const didYouMean = ({ meant }: Texts<'meant'>): string => `did you mean ${meant}?`
export const keepOne = 'keep one of them'
