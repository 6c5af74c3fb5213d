// The page of a command that has none of its own: the cause, the facts, the findings, the requests.
import type { JsonObject } from '../../base/json.ts'
import type { Subject } from '../report/subject.ts'
import { exchangeMarkup } from './exchanges.ts'
import { causeMarkup, findingsMarkup, quietMarkup, rowsMarkup } from './findings.ts'
import { markup } from './markup.ts'
import { pageText, section } from './page.ts'
import type { Tone } from './tone.ts'

const tones: Readonly<Record<string, Tone>> = { accepted: 'ok', rejected: 'bad', undecided: 'open' }

export const subjectPage = (
  command: string,
  subject: Subject,
  exchanges: readonly JsonObject[],
  madeAt: string,
): string => {
  const { name, verdict, problem, facts, checks, hints } = subject
  return pageText({
    subject: name,
    command,
    mark: verdict.toUpperCase(),
    tone: tones[verdict] ?? 'none',
    verdict: problem === null ? verdict : `${problem.code}: ${problem.title}`,
    madeAt,
    sections: [
      ...(problem === null ? [] : [causeMarkup(problem, hints)]),
      section('Facts', 'facts', rowsMarkup(facts)),
      section(
        'Findings',
        'findings',
        markup`${findingsMarkup(checks, hints)}${quietMarkup(checks)}`,
      ),
      ...(exchanges.length === 0
        ? []
        : [section('Requests', 'requests', markup`${exchanges.map(exchangeMarkup)}`)]),
    ],
  })
}
