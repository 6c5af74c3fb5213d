// Whether a server and our validator think the same of a token, and for the same reason.
import type { TokenAnswer } from '../../core/resource/token-answer.ts'
import { remoteWords } from '../../core/client/server-words.ts'
import { refusalWords } from '../../backends/http/refusal-words.ts'
import type { ProblemCode } from '../../problems/problem.ts'
import type { Agreement, TokenReport } from '../discover/token-report.ts'

type Outcome = 'accepted' | 'rejected' | 'undecided'

/** `ours`: undefined where the token could not be judged. */
export const agreementOf = (
  server: TokenAnswer['outcome'],
  ours: Outcome | undefined,
  isOpen: boolean,
): { readonly agreement: Agreement; readonly verdict: TokenReport['verdict'] } => {
  if (server === 'undecided') return { agreement: 'undecided', verdict: 'undecided' }
  if (isOpen && server === 'accepted') return { agreement: 'open', verdict: 'accepted' }
  const verdict = server === 'accepted' ? 'accepted' : 'rejected'
  if (ours === undefined) return { agreement: 'unjudged', verdict }
  // A refusal is one, whatever we would have said of the token.
  if (ours === 'undecided') {
    return server === 'refused'
      ? { agreement: 'unjudged', verdict }
      : { agreement: 'undecided', verdict: 'undecided' }
  }
  if (server === 'accepted') {
    return ours === 'accepted'
      ? { agreement: 'accepted', verdict }
      : { agreement: 'server-accepts', verdict: 'rejected' }
  }
  return { agreement: ours === 'accepted' ? 'server-refuses' : 'refused', verdict }
}

/** The words in which servers name a cause. */
const causes: readonly (readonly [id: RegExp, words: RegExp])[] = [
  [/^time-(?:exp|lifetime)/, /\bexp(?:ired|iry|ires)?\b|too old/i],
  [/^time-(?:nbf|iat)/, /\bnbf\b|not (?:yet|before|active)|in the future/i],
  [/^(?:claim|intro)-aud/, /audience|\baud\b|\bresource\b/i],
  [/^claim-iss/, /issuer|\biss\b/i],
  [/^(?:sig|jose-alg)-?/, /signature|\bkid\b|\bjwks\b|\balg(?:orithm)?\b/i],
  [/^claim-scope/, /scope/i],
]

/** RFC 6750 section 3.1, word for word: it names every cause, so it names none. */
const boilerplate = /expired, revoked, malformed,? or invalid/i

/** Null where the server does not say why. */
export const sameCause = (code: ProblemCode, words: string): boolean | null => {
  if (words.includes(code)) return true
  if (boilerplate.test(words)) return null
  const named = causes.filter(([, pattern]) => pattern.test(words))
  if (named.length === 0) return null
  return named.some(([id]) => id.test(code))
}

/** What the server says beside `error` and its description; null where that is all. */
export const serverWords = (
  { deciding, outcome, error }: TokenAnswer,
  secrets: readonly string[],
): string | null => {
  if (outcome === 'accepted') return null
  const body = deciding.exchange.body ?? ''
  const said = remoteWords(refusalWords(Buffer.from(body), undefined, []), secrets).replace(
    /^: /,
    '',
  )
  const known = [error?.error, error?.description]
  return said === '' || known.includes(said) ? null : said
}
