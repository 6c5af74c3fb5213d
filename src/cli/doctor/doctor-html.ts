// The doctor's report as a page to hand on: the verdict, the path, a section for each thing that was looked at.
import type { JsonObject } from '../../base/json.ts'
import {
  causeMarkup,
  checkMarkup,
  findingsMarkup,
  quietMarkup,
  rowsMarkup,
} from '../html/findings.ts'
import { pathMarkup, type HopDetails } from '../html/hops.ts'
import { markup, type Markup } from '../html/markup.ts'
import { pageText, section } from '../html/page.ts'
import { findingsIn, signs, type Tone } from '../html/tone.ts'
import { problemSpec } from '../../problems/problem.ts'
import { plain } from '../terminal/style.ts'
import { doctorTone } from './doctor-badge.ts'
import { doctorLine } from './doctor-text.ts'
import type { DoctorReport, SectionReport, SectionState } from './report.ts'

const tones: Readonly<Record<SectionState, Tone>> = {
  findings: 'bad',
  open: 'open',
  advice: 'warn',
  ok: 'ok',
  none: 'none',
}

const words: Readonly<Record<SectionState, string>> = {
  findings: 'findings',
  open: 'no answer',
  advice: 'advice',
  ok: 'ok',
  none: 'not looked at',
}

/** The sections along the way of a call; the others have none on it. */
const stops: readonly (readonly [anchor: string, name: string, sections: readonly string[]])[] = [
  ['hop-public', 'Public address', ['public']],
  ['hop-proxy', 'Proxy', ['config', 'listen', 'tokens', 'limits', 'decisions']],
  ['hop-issuer', 'Authorization server', ['discovery', 'introspection']],
  ['hop-keys', 'Keys', ['keys']],
  ['hop-backends', 'Backends', ['backends', 'servers']],
]

const worst: readonly SectionState[] = ['findings', 'open', 'advice', 'ok', 'none']

const urlOf = (exchange: JsonObject): string => {
  const request = exchange['request'] as JsonObject | undefined
  return typeof request?.['url'] === 'string' ? request['url'] : ''
}

const originOf = (text: string): string => (URL.canParse(text) ? new URL(text).origin : text)

/** Where a section names an address, the requests to its origin are its own; a key set has keys. */
const ownExchanges = (
  sections: readonly SectionReport[],
  exchanges: readonly JsonObject[],
): readonly JsonObject[] => {
  const origins = sections.flatMap(({ subject }) => (subject === null ? [] : [originOf(subject)]))
  return exchanges.filter((exchange) => origins.includes(originOf(urlOf(exchange))))
}

const hopsOf = (
  { sections }: DoctorReport,
  exchanges: readonly JsonObject[],
): readonly HopDetails[] =>
  stops.flatMap(([anchor, name, wanted]) => {
    const own = sections.filter(({ section: one }) => wanted.includes(one))
    if (own.length === 0) return []
    const state = worst.find((one) => own.some((other) => other.state === one)) ?? 'none'
    return [
      {
        anchor,
        name,
        place: [...new Set(own.flatMap(({ subject }) => (subject === null ? [] : [subject])))].join(
          ', ',
        ),
        tone: tones[state],
        state: words[state],
        checks: own.flatMap(({ checks }) => checks),
        hints: own.flatMap(({ hints }) => hints),
        exchanges: ownExchanges(own, exchanges),
      },
    ]
  })

const isQuiet = ({ state }: SectionReport): boolean => state === 'ok' || state === 'none'

const sectionMarkup = (report: SectionReport): Markup => {
  const { section: name, subject, state, summary, facts, checks, open, hints } = report
  const head = markup`${name}${subject === null ? '' : ` ${subject}`} <span class="badge ${tones[state]}">${signs[tones[state]]} ${words[state]}</span>`
  const content = markup`<p>${summary}</p>
${rowsMarkup(facts.map((fact) => [fact.name, fact.text] as const))}
${findingsIn(checks).length === 0 ? undefined : findingsMarkup(checks, hints)}
${open.map((check) => checkMarkup(check, hints))}
${quietMarkup(checks)}`
  return isQuiet(report)
    ? markup`<details class="hop"><summary>${head}</summary>${content}</details>
`
    : markup`<h3>${head}</h3>
${content}`
}

/** The first finding of the first section that has one that counts, else the first open question. */
const leadOf = ({ sections }: DoctorReport): Markup | undefined => {
  const troubled =
    sections.find(({ state }) => state === 'findings') ??
    sections.find(({ state }) => state === 'open')
  if (troubled === undefined) return undefined
  const { checks, open, hints, state } = troubled
  const found =
    state === 'open' ? open : checks.filter(({ status }) => status === 'fail' || status === 'warn')
  const [first] = found.toSorted((a, b) => rank(a.severity) - rank(b.severity))
  if (first === undefined) return undefined
  const { id, case: name, message, hint, spec } = first
  const { title } = problemSpec(id)
  return causeMarkup(
    { code: id, case: name, title, detail: message ?? title, hint: hint ?? '', spec },
    hints,
  )
}

const rank = (severity: string): number =>
  ['fatal', 'high', 'medium', 'low', 'info'].indexOf(severity)

/** `exchanges`: requests to issuers and to the public address, as savedExchange makes them, without secrets. */
export const doctorHtml = (
  report: DoctorReport,
  exchanges: readonly JsonObject[],
  madeAt: string,
): string => {
  const { config, verdict, sections, next } = report
  const hops = hopsOf(report, exchanges)
  const parts: readonly (Markup | undefined)[] = [
    leadOf(report),
    hops.length < 2 ? undefined : section('The path', 'path', pathMarkup(hops)),
    section('What was looked at', 'sections', markup`${sections.map(sectionMarkup)}`),
    section(
      'Next',
      'next',
      markup`${next.map((command) => markup`<p><code class="command">${command}</code></p>`)}`,
    ),
  ]
  return pageText({
    subject: config,
    command: 'doctor',
    mark: verdict.toUpperCase(),
    tone: doctorTone(report),
    verdict: doctorLine(report, plain),
    madeAt,
    sections: parts.filter((part) => part !== undefined),
  })
}
