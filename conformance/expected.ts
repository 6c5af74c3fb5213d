// The committed lists of what is known to be weaker through the proxy: a list that is too long fails like one too short.
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parse, stringify } from 'yaml'
import type { Weakness } from './outcome.ts'

/** Set of scenarios, entries. */
type Lists = Readonly<Record<string, readonly string[]>>

const fileOf = (list: string): string => path.join(import.meta.dirname, 'expected', `${list}.yml`)

export const readExpected = async (list: string): Promise<Lists> => {
  const text = await readFile(fileOf(list), 'utf8').catch(() => '')
  return (parse(text) ?? {}) as Lists
}

export interface Comparison {
  /** Weaker than expected. */
  readonly unlisted: readonly Weakness[]
  /** Better than expected. */
  readonly stale: readonly string[]
}

export const compare = (expected: readonly string[], found: readonly Weakness[]): Comparison => {
  const listed = new Set(expected)
  const seen = new Set(found.map(({ entry }) => entry))
  return {
    unlisted: found.filter(({ entry }) => !listed.has(entry)),
    stale: expected.filter((entry) => !seen.has(entry)),
  }
}

const head = (list: string): string =>
  `# What is weaker than without the proxy, as scenario:check. \`npm run conformance -- ${list} --update\` writes it.\n`

export const writeExpected = async (
  list: string,
  found: Readonly<Record<string, readonly Weakness[]>>,
): Promise<void> => {
  const lists: Record<string, readonly string[]> = { ...(await readExpected(list)) }
  for (const [set, weak] of Object.entries(found)) {
    const entries = weak.map(({ entry }) => entry).sort()
    if (entries.length > 0) lists[set] = entries
    else delete lists[set]
  }
  await writeFile(fileOf(list), head(list) + stringify(lists, { sortMapEntries: true }))
}
