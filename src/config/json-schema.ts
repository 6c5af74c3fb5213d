// The schema as plain data, for what reads it rather than applies it: suggestions, editors, documents.
import * as z from 'zod'
import { Secret } from '../base/secret.ts'
import type { KeyPath } from './key-path.ts'
import { configSchema } from './schema.ts'

/** The part of JSON Schema that our sections come out as. */
export interface SchemaNode {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly required?: readonly string[]
  readonly additionalProperties?: SchemaNode | false
  readonly items?: SchemaNode
  readonly oneOf?: readonly SchemaNode[]
  readonly anyOf?: readonly SchemaNode[]
  readonly enum?: readonly string[]
  readonly const?: string
  /** Set on secrets: a value goes in, none comes out. */
  readonly writeOnly?: boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly minItems?: number
  readonly format?: string
  readonly dependentRequired?: Readonly<Record<string, readonly string[]>>
  readonly if?: SchemaNode
  readonly else?: SchemaNode
}

/** What withVerifyDefaults and the rule for backends do, in words of JSON Schema. */
const whatIsRequired = {
  dependentRequired: { verify: ['auth'] },
  if: { required: ['verify'] },
  else: { required: ['proxy', 'backends'], properties: { backends: { minItems: 1 } } },
} as const

/** Long enough for every secret that has a least length. */
const probe = 'probe'.repeat(10)

const isSecretSchema = (schema: z.core.$ZodType): boolean =>
  z.safeParse(schema, probe).data instanceof Secret

const conditional = ({ required: _always, ...root }: SchemaNode): SchemaNode => ({
  ...root,
  ...whatIsRequired,
})

let known: SchemaNode | undefined

export const configJsonSchema = (): SchemaNode => {
  known ??= conditional(
    z.toJSONSchema(configSchema, {
      io: 'input',
      override: ({ zodSchema, jsonSchema }) => {
        if (isSecretSchema(zodSchema)) jsonSchema.writeOnly = true
        // zod writes the safe integers as bounds; they bound nothing that a person would write.
        if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
        if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
      },
    }) as SchemaNode,
  )
  return known
}

/** The schema as a document of its own, for editors. */
export const configSchemaDocument = (): SchemaNode & { readonly title: string } => ({
  title: 'Configuration of mcp-proxy',
  ...configJsonSchema(),
})

/** The variants of a node: those of a section with a `type`, else the node alone. */
export const variantsOf = (node: SchemaNode): readonly SchemaNode[] =>
  node.oneOf ?? node.anyOf ?? [node]

/** The nodes that may describe the value at a path; none where the path leads nowhere. */
export const nodesAt = (path: KeyPath, root: SchemaNode = configJsonSchema()): SchemaNode[] => {
  let nodes: SchemaNode[] = [root]
  for (const key of path) {
    nodes = nodes.flatMap(variantsOf).flatMap((node) => {
      const child =
        typeof key === 'number'
          ? node.items
          : node.properties !== undefined && Object.hasOwn(node.properties, key)
            ? node.properties[key]
            : node.additionalProperties || undefined
      return child === undefined ? [] : [child]
    })
  }
  return nodes
}

export const isSecretPath = (path: KeyPath): boolean =>
  nodesAt(path)
    .flatMap(variantsOf)
    .some((node) => node.writeOnly === true)

export interface SchemaSection {
  /** As written in TOML: `auth`, `proxy.listen`, `backends[]`; empty for the document itself. */
  readonly name: string
  readonly keys: readonly string[]
  readonly nodes: readonly SchemaNode[]
}

let knownSections: readonly SchemaSection[] | undefined

/** Every table of the document with all the keys that it may hold, whatever its `type`. */
export const sections = (): readonly SchemaSection[] => (knownSections ??= findSections())

const findSections = (): SchemaSection[] => {
  const found: SchemaSection[] = []
  const visit = (name: string, node: SchemaNode): void => {
    if (node.items !== undefined) visit(`${name}[]`, node.items)
    const nodes = variantsOf(node).filter((variant) => variant.properties !== undefined)
    if (nodes.length === 0) return
    const members = nodes.flatMap((variant) => Object.entries(variant.properties ?? {}))
    found.push({ name, keys: [...new Set(members.map(([key]) => key))], nodes })
    const seen = new Set<string>()
    for (const [key, member] of members) {
      if (seen.has(key)) continue
      seen.add(key)
      visit(name === '' ? key : `${name}.${key}`, member)
    }
  }
  visit('', configJsonSchema())
  return found
}
