// The form of the result: for people, or for what CI and reviews read. `--json` is the form for programs.
import { custom } from '@oclif/core/flags'
import { annotationsText } from './annotations.ts'
import { codeQualityText } from './code-quality.ts'
import { junitText } from './junit.ts'
import { markdownText } from './markdown.ts'
import { sarifText } from './sarif.ts'
import type { CommandResult } from '../command/report-command.ts'
import type { Subject } from './subject.ts'

const formats = ['human', 'junit', 'markdown', 'github', 'gitlab', 'sarif'] as const
export type Format = (typeof formats)[number]

export const formatFlag = {
  format: custom<Format>({
    options: [...formats],
    description: 'the form of the result (default human; for programs: --json)',
    exclusive: ['json'],
    helpGroup: 'OUTPUT',
  })(),
}

type Told = Pick<CommandResult<unknown>, 'text' | 'line' | 'summary'>

const writers = {
  junit: junitText,
  markdown: markdownText,
  github: annotationsText,
  gitlab: codeQualityText,
  sarif: sarifText,
} as const satisfies Record<Exclude<Format, 'human'>, unknown>

/** `human` where nothing else is asked for; the other forms are whole documents, also with --quiet. */
export const rendered = (
  format: Format | undefined,
  command: string,
  subjects: readonly Subject[],
  human: Required<Pick<Told, 'text' | 'line'>>,
): Told => {
  if (format === undefined || format === 'human') return human
  return {
    text: () => writers[format](command, subjects),
    ...(format === 'github' ? { summary: () => markdownText(command, subjects) } : {}),
  }
}
