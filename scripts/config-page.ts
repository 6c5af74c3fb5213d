// docs/config.md: every key of the configuration with its type, default and meaning.
import {
  type SchemaNode,
  sections,
  type SchemaSection,
  variantsOf,
} from '../src/config/json-schema.ts'

const cell = (text: string): string =>
  text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const typeWord: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'whole number',
  number: 'number',
  boolean: 'boolean',
  object: 'table',
  array: 'list',
}

const range = (node: SchemaNode): string => {
  const parts = [
    ...(node.minimum === undefined ? [] : [`from ${node.minimum}`]),
    ...(node.exclusiveMinimum === undefined ? [] : [`above ${node.exclusiveMinimum}`]),
    ...(node.maximum === undefined ? [] : [`to ${node.maximum}`]),
  ]
  return parts.length === 0 ? '' : `, ${parts.join(' ')}`
}

const listed = (node: SchemaNode): string => typeOf(node).replace(/^(string|secret)$/, '$1s')

const typeOf = (node: SchemaNode): string => {
  if (node.writeOnly === true) return 'secret'
  if (node.const !== undefined) return `\`"${node.const}"\``
  if (node.enum !== undefined) return node.enum.map((word) => `\`"${word}"\``).join(', ')
  const variants = variantsOf(node)
  if (variants.length > 1) return [...new Set(variants.map(typeOf))].join(' or ')
  if (node.type === 'array' && node.items !== undefined) return `list of ${listed(node.items)}`
  if (node.type === 'object' && node.properties === undefined) {
    const { additionalProperties: values } = node
    return `table of ${values !== false && values?.writeOnly === true ? 'secrets' : 'strings'}`
  }
  if (node.format === 'uri') return 'URL'
  return `${typeWord[node.type ?? ''] ?? 'any'}${range(node)}`
}

const defaultOf = (key: string, node: SchemaNode, owner: SchemaNode): string => {
  if (owner.required?.includes(key) === true) return 'required'
  if (node.default === undefined) return ''
  // A section's default is that of its keys.
  if (node.properties !== undefined || node.oneOf !== undefined) return ''
  return `\`${JSON.stringify(node.default)}\``
}

const row = (key: string, node: SchemaNode, owner: SchemaNode): string =>
  `| \`${key}\` | ${cell(typeOf(node))} | ${cell(defaultOf(key, node, owner))} | ${cell(node.description ?? '')} |`

const table = (owner: SchemaNode, keys: readonly string[]): string =>
  [
    '| Key | Type | Default | Meaning |',
    '| --- | --- | --- | --- |',
    ...keys.flatMap((key) => {
      const node = owner.properties?.[key]
      return node === undefined ? [] : [row(key, node, owner)]
    }),
    '',
  ].join('\n')

/** Backends are a list of tables; a table in one belongs to the entry above it. */
const header = (name: string): string =>
  name.endsWith('[]') ? `[[${name.slice(0, -2)}]]` : `[${name.replaceAll('[]', '')}]`

const description = new Map<string, string>()
const describe = (name: string, node: SchemaNode): void => {
  if (node.description !== undefined && !description.has(name)) {
    description.set(name, node.description)
  }
  if (node.items !== undefined) {
    describe(`${name}[]`, { ...node.items, description: node.description ?? '' })
  }
  for (const variant of variantsOf(node)) {
    for (const [key, member] of Object.entries(variant.properties ?? {})) {
      describe(name === '' ? key : `${name}.${key}`, member)
    }
  }
}

const kindsOf = ({ name, nodes, keys }: SchemaSection): string => {
  const kinds = nodes.map((node) => node.properties?.['type']?.const ?? '')
  const inAll = (key: string) => nodes.every((node) => node.properties?.[key] !== undefined)
  const common = keys.filter((key) => key !== 'type' && inAll(key))
  const [first] = nodes
  const shared = first === undefined || common.length === 0 ? '' : `${table(first, common)}\n`
  const kindTexts = nodes
    .flatMap((node, index) => {
      const own = Object.keys(node.properties ?? {}).filter(
        (key) => key !== 'type' && !common.includes(key),
      )
      const text = own.length === 0 ? 'No other keys.\n' : table(node, own)
      return [`### ${header(name)} with type = "${kinds[index] ?? ''}"`, '', text]
    })
    .join('\n')
  return `${shared}${kindTexts}`
}

const sectionText = (section: SchemaSection): string => {
  const about = description.get(section.name)
  const [only] = section.nodes
  const body =
    section.nodes.length > 1 || only === undefined ? kindsOf(section) : table(only, section.keys)
  return [
    `## ${header(section.name)}`,
    '',
    ...(about === undefined ? [] : [`${cell(about)}.`, '']),
    body,
  ].join('\n')
}

const intro = `<!-- Generated from the configuration schema by scripts/generate.ts. Do not edit. -->

# Configuration

\`mcp-proxy serve --config proxy.toml\` reads one file: TOML, or YAML (\`.yaml\`, \`.yml\`) or JSON (\`.json\`) by its
extension, at most 1 MiB of UTF-8 with 30,000 values, 100 levels deep. YAML has at most 200,000 tokens, and its aliases
and all variables expand to at most 4 MiB. A pipe is read too (\`--config <(command)\`); a device or a socket is refused.
\`mcp-proxy serve --check --config proxy.toml\` judges it without starting anything;
\`mcp-proxy config show\` prints what it comes to, each value with its origin.
The JSON Schema for editors is \`schemas/config.schema.json\`, and what \`mcp-proxy config schema\` prints. Commented examples are in
[examples](../examples); what changed against mcp-proxy 0.4 is in [migration.md](migration.md).

Nothing is ignored: an unknown key, a value that is not allowed or a variable that is not set stops the command with exit
code 2 and names file, line, column and the likely remedy, all problems at once (50 are shown, the others counted). The
ids are in [checks.md](checks.md#configuration).

## Variables

\`\${NAME}\` in any string value is replaced by the environment variable \`NAME\`; it may be a part of the value.
A variable that is unset or empty is an error. There are no defaults and no nesting. \`$\${\` is a literal \`\${\`. A
variable gives a string: it cannot stand for a number, a boolean or a list.

## Secrets

Keys of type *secret* never show in output, logs, errors or dumps. Write them as \`"\${NAME}"\`: a secret in the file
itself is a warning, and another one where other users may read that file. A line break at the end of the variable is
left out with a warning, since it nearly always comes from the file that the variable was filled from.

## Rules between keys

- A stdio backend needs \`command\` and takes no \`url\`, \`bearer_token\`, \`basic_auth\` or \`headers\`; an http, sse or
  websocket backend needs \`url\` and takes no \`command\`, \`args\`, \`env\` or \`cwd\`. A URL has no user name and no
  password.
- A backend has at most one \`Authorization\`: from \`bearer_token\`, from \`basic_auth\` or from \`headers\`. What the proxy
  sets itself is refused in \`headers\`: \`Host\`, \`Content-*\`, \`Accept\`, \`MCP-*\`, \`Sec-WebSocket-*\`, \`Last-Event-ID\`
  and what concerns one connection only. No header appears twice, whatever its case.
- Names of backends are unique, and so are the prefixes that they give, except the empty prefix.
- Beyond loopback the proxy needs \`[auth]\`, or \`security.allow_insecure_listen = true\`.
- \`proxy.public_url\` is the one string behind the metadata, the challenge and the default audience. With
  \`auth.type = "jwt"\` or \`"oauth"\` on a listener beyond loopback it or \`auth.audience\` is required; on loopback it
  defaults to the URL of the listener. It uses https, except on loopback.
- No token of \`auth.tokens\` may appear twice or be the \`security.admin_token\`.
`

export const configPage = (): string => {
  const all = sections()
  const [document, ...rest] = all
  if (document === undefined) throw new Error('the schema has no sections')
  for (const node of document.nodes) describe('', node)
  return [intro, ...rest.map(sectionText)].join('\n').replace(/\n+$/, '\n')
}
