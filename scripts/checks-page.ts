// docs/checks.md: one section for each id of the catalogue.
import { groups } from '../src/problems/groups.ts'
import { questions } from '../src/problems/subjects.ts'
import { problemCodes, problemSpec, type ProblemCode } from '../src/problems/problem.ts'

const severities = {
  fatal: 'fatal',
  high: 'high',
  medium: 'medium',
  low: 'low',
  info: 'for information',
} as const

const refusals = {
  always: 'yes',
  configured: 'where configured',
  never: 'no, it advises',
} as const

/** Catalogue texts are plain text: nothing in them is Markdown, except code spans. */
const plain = (text: string): string =>
  text.replace(
    /(`[^`]*`)|[&<>*]/g,
    (found: string, code: string | undefined) => code ?? escapes[found] ?? found,
  )

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '*': '\\*',
}

const answerOf = (code: ProblemCode): string | undefined => {
  const { http, jsonrpc, oauth, outcome, refuses } = problemSpec(code)
  if (refuses === 'never') return undefined
  const parts = [
    ...(http === undefined ? [] : [`HTTP ${http}`]),
    ...(oauth === undefined ? [] : [`\`error="${oauth}"\``]),
    ...(jsonrpc === undefined ? [] : [`JSON-RPC ${jsonrpc}`]),
  ]
  return parts.length === 0 ? undefined : `${outcome}: ${parts.join(', ')}`
}

const section = (code: ProblemCode): string => {
  const { severity, refuses, title, message, hint, spec } = problemSpec(code)
  const answer = answerOf(code)
  return [
    `### ${code}`,
    '',
    `${plain(title)}.`.replace(/^./, (letter) => letter.toUpperCase()),
    '',
    `- Looks at: ${plain(questions[code])}`,
    `- Severity: ${severities[severity]}`,
    `- Serve refuses: ${refusals[refuses]}`,
    ...(answer === undefined ? [] : [`- Answer: ${answer}`]),
    `- Message: ${plain(message)}`,
    `- Remedy: ${plain(hint)}`,
    ...(spec === '' ? [] : [`- Specification: ${plain(spec)}`]),
    '',
  ].join('\n')
}

const intro = `<!-- Generated from src/problems/catalogue by scripts/generate.ts. Do not edit. -->

# Checks

Everything that mcp-proxy can find wrong has an id. The same ids stand in the output of the commands, in \`--json\`, in
logs, in metrics, in the \`error_description\` of challenges and in \`data.code\` of JSON-RPC errors.

- **Severity** says how much it matters to those who depend on it.
- **Serve refuses** says whether the proxy refuses on this very predicate: always, only where the configuration asks for
  it, or never (then it is advice of the commands).
- **Answer** is what the proxy sends: *rejected* is a definite refusal; *undecided* means that the question could not
  be settled now, so the caller should come back later with the same token.
- In a **message**, \`{name}\` stands for a piece of evidence. No message holds a token or a secret.
`

export const checksPage = (): string => {
  const stray = problemCodes.filter((code) => groups[problemSpec(code).group] === undefined)
  if (stray.length > 0) throw new Error(`no title for the group of ${stray.join(', ')}`)
  const parts = Object.entries(groups).flatMap(([group, { title, about }]) => {
    const codes = problemCodes.filter((code) => problemSpec(code).group === group)
    return codes.length === 0 ? [] : [{ title, about, codes }]
  })
  const contents = parts.map(({ title, codes }) => {
    const links = codes.map((code) => `[${code}](#${code})`)
    return `- ${title}: ${links.join(', ')}`
  })
  return [
    intro,
    contents.join('\n'),
    '',
    ...parts.flatMap(({ title, about, codes }) => [
      `## ${title}`,
      '',
      about,
      '',
      ...codes.map(section),
    ]),
  ]
    .join('\n')
    .replace(/\n+$/, '\n')
}
