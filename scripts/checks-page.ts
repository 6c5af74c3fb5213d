// docs/checks.md: one section for each id of the catalogue.
import { examplesOf } from '../src/problems/examples.ts'
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

/** One situation: in a line each, what is said and what to do. */
const casesOf = (code: ProblemCode): readonly string[] => {
  const examples = examplesOf(code)
  const [only] = examples
  if (only !== undefined && only.name === undefined) {
    return [`- Example: ${plain(only.message)}`, `- Remedy: ${plain(only.hint)}`]
  }
  return [
    '',
    '| Case | Example | Remedy |',
    '| --- | --- | --- |',
    ...examples.map(({ name = '', message, hint }) =>
      [`| \`${name}\``, cell(message), `${cell(hint)} |`].join(' | '),
    ),
  ]
}

const cell = (text: string): string => plain(text).replaceAll('|', '\\|')

const section = (code: ProblemCode): string => {
  const { severity, refuses, title, spec } = problemSpec(code)
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
    ...(spec === '' ? [] : [`- Specification: ${plain(spec)}`]),
    ...casesOf(code),
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
- **Example** is the message with example values; **case** is the stable name of one situation, which \`--json\`, logs and
  \`data.case\` of JSON-RPC errors repeat. No message contains a token or a secret.
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
