// The page of a run in GitHub Actions: what a step appends to the file in GITHUB_STEP_SUMMARY is shown there as Markdown.
import { appendFileSync } from 'node:fs'
import { fileWords } from '../../base/system-errors.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'

/** A step may write 1 MiB; of a step that wrote more nothing is shown. */
const longest = 786_432

const bounded = (markdown: string): string => {
  if (Buffer.byteLength(markdown) <= longest) return markdown
  const cut = Buffer.from(markdown).subarray(0, longest).toString('utf8')
  return `${cut.slice(0, cut.lastIndexOf('\n'))}\n\n(cut: the whole report is in the log of the step)`
}

/** Returns why nothing was written. Does not check what other commands of the step wrote. */
export const appendStepSummary = (file: string, markdown: string): Problem | undefined => {
  try {
    appendFileSync(file, `${bounded(markdown)}\n\n`)
    return undefined
  } catch (error) {
    const why = fileWords((error as NodeJS.ErrnoException).code ?? '')
    return problemOf('usage-advice', 'summary-unwritable', { why })
  }
}
