// The parts of the path below the picture: what was found at each, and what was asked there.
import type { JsonObject } from '../../base/json.ts'
import type { CheckReport } from '../../core/verdict/checks-report.ts'
import type { HintReport } from '../report/hints.ts'
import { exchangeMarkup } from './exchanges.ts'
import { checkMarkup } from './findings.ts'
import { markup, type Markup } from './markup.ts'
import { pathPicture, type Hop } from './path-picture.ts'
import { findingsIn, signs } from './tone.ts'

export interface HopDetails extends Hop {
  readonly checks: readonly CheckReport[]
  readonly hints: readonly HintReport[]
  readonly exchanges: readonly JsonObject[]
  /** What else there is to show, such as a document. */
  readonly more?: Markup
}

/** The place to go to is inside, so that a browser opens what is around it. */
const hopMarkup = (hop: HopDetails): Markup => {
  const { anchor, name, place, tone, state, checks, hints, exchanges, more } = hop
  const found = findingsIn(checks)
  return markup`<details class="hop"><summary>${name} <span class="badge ${tone}">${signs[tone]} ${state}</span></summary>
<div id="${anchor}"><p>${place}</p>
${found.map((check) => checkMarkup(check, hints))}
${more}
${exchanges.length === 0 ? markup`<p>No request was made.</p>` : exchanges.map(exchangeMarkup)}</div></details>
`
}

/** `before`: boxes that have no section of their own below, such as the client. */
export const pathMarkup = (hops: readonly HopDetails[], before: readonly Hop[] = []): Markup =>
  markup`${pathPicture([...before, ...hops])}
${hops.map(hopMarkup)}`

/** A document as it came, redacted. */
export const documentMarkup = (title: string, document: JsonObject | null): Markup =>
  document === null
    ? markup``
    : markup`<details><summary>${title}</summary><pre>${JSON.stringify(document, null, 2)}</pre></details>
`
