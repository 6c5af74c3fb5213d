// The form of the result: for people, or for what CI and reviews read. `--json` is the form for programs.
import { custom } from '@oclif/core/flags'
import { annotationsText } from './annotations.ts'
import { codeQualityText } from './code-quality.ts'
import { junitText } from './junit.ts'
import { markdownText } from './markdown.ts'
import { sarifText } from './sarif.ts'
import type { CommandResult } from '../command/report-command.ts'
import type { Subject } from './subject.ts'

const formats = ['human', 'junit', 'markdown', 'html', 'github', 'gitlab', 'sarif'] as const
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
} as const satisfies Record<Exclude<Format, 'human' | 'html'>, unknown>

/**
 * `human` where nothing else is asked for; the other forms are whole documents, also with --quiet. `page`: the
 * report as HTML, given where that is asked for: what writes it is loaded only then.
 */
export const rendered = (
  format: Format | undefined,
  command: string,
  subjects: readonly Subject[],
  human: Required<Pick<Told, 'text' | 'line'>>,
  page?: () => string,
): Told => {
  if (format === undefined || format === 'human') return human
  if (format === 'html') {
    if (page === undefined) throw new Error('no page was made for --format html')
    return { text: page }
  }
  return {
    text: () => writers[format](command, subjects),
    ...(format === 'github' ? { summary: () => markdownText(command, subjects) } : {}),
  }
}
