// Which rows somebody wants to see: words, and `name:value` as the filters of `mcp-proxy tail` are called.
import type { DecisionSummary } from './types.ts'

export const outcomes = ['all', 'refused', 'failed', 'accepted'] as const
export type Outcome = (typeof outcomes)[number]

type Read = (decision: DecisionSummary) => string | number | null | undefined

const fields: Readonly<Record<string, Read>> = {
  code: ({ code }) => code,
  client: ({ caller }) => [caller.client?.name ?? '', caller.client_id ?? ''].join(' '),
  sub: ({ caller }) => caller.sub,
  backend: ({ request }) => request.backend,
  name: ({ request }) => request.name,
  method: ({ request }) => request.method,
  status: ({ status }) => status,
  door: ({ request }) => request.door,
  address: ({ caller }) => caller.address,
  session: ({ caller }) => caller.session,
  outcome: ({ outcome }) => outcome,
  id: ({ id }) => id,
}

export const fieldNames: readonly string[] = Object.keys(fields)

/** `loop` has no value: decisions that showed one. */
const isLoop = ({ loop }: DecisionSummary): boolean => loop !== null

const isOf = (wanted: Outcome, { outcome }: DecisionSummary): boolean => {
  switch (wanted) {
    case 'all':
      return true
    case 'refused':
      return outcome === 'rejected' || outcome === 'undecided'
    case 'failed':
    case 'accepted':
      return outcome === wanted
  }
}

type Test = (decision: DecisionSummary) => boolean

const found = (text: string | number | null | undefined, wanted: string): boolean =>
  String(text ?? '')
    .toLowerCase()
    .includes(wanted)

const anywhere =
  (wanted: string): Test =>
  (decision) =>
    found(decision.detail, wanted) ||
    Object.values(fields).some((read) => found(read(decision), wanted))

const testOf = (word: string): Test => {
  const lower = word.toLowerCase()
  if (lower === 'loop') return isLoop
  const [, name = '', value = ''] = /^(\w+):(.+)$/.exec(lower) ?? []
  const read = fields[name]
  return read === undefined ? anywhere(lower) : (decision) => found(read(decision), value)
}

/** Words with a space in them are written with quotation marks. */
const wordsOf = (text: string): readonly string[] =>
  [...text.matchAll(/(\w+:)?"([^"]+)"|\S+/g)].map(([whole, name = '', quoted]) =>
    quoted === undefined ? whole : `${name}${quoted}`,
  )

export const filterOf = (text: string, outcome: Outcome): Test => {
  const tests = wordsOf(text).map(testOf)
  return (decision) => isOf(outcome, decision) && tests.every((test) => test(decision))
}

/** The filter with one more word. */
export const withWord = (text: string, name: string, value: string): string => {
  const word = `${name}:${/\s/.test(value) ? `"${value}"` : value}`
  return text.includes(word) ? text : `${text} ${word}`.trim()
}
