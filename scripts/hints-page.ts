// The page of provider hints, generated from their table.
import { providers, type Provider, type ProviderFact } from '../src/core/providers/providers.ts'

const intro = `<!-- Generated from src/core/providers/providers.ts by scripts/generate.ts. Do not edit. -->

# Hints for single providers

\`validate\`, \`introspect\` and \`discover\` recognise a provider by its issuer, by the prefix of its tokens or by its
introspection endpoint, and then put a line of advice under the [finding](checks.md) that its users usually meet. A hint
never changes a verdict; in \`--json\` it stands in \`hints[]\` under the id that is given here.

In a hint, \`{audience}\` and \`{client}\` stand for the audience that is expected and for our own client.
`

const link = (code: string): string => `[${code}](checks.md#${code})`

/** A table cell: what looks like markup there is text. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')

const row = ({ id, under, say }: ProviderFact): string =>
  `| \`${id}\` | ${under.map(link).join(', ')} | ${cell(say)} |`

const section = ({ name, facts }: Provider): string =>
  [`## ${name}`, '', '| Hint | Under | It says |', '|---|---|---|', ...facts.map(row)].join('\n')

export const hintsPage = (): string =>
  `${[intro.trimEnd(), ...providers.map(section)].join('\n\n')}\n`
