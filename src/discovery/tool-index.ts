// Finds tools by words: BM25+ over names, titles, descriptions and parameters (MiniSearch).
import MiniSearch from 'minisearch'
import type { JsonObject } from '../base/json.ts'
import { relativesOf, termOf, toolWords, wordsOf, type ToolWords } from './tool-words.ts'

export interface ToolIndex {
  readonly size: number
  /** Best first; a tool of that very name before all others. */
  search(query: string, limit: number): readonly JsonObject[]
}

/** Chosen with the questions of test/corpus in sight; over a wide range of weights they find nearly the same. */
const boost: Readonly<Record<keyof ToolWords, number>> = {
  name: 1.5,
  title: 1.5,
  summary: 2,
  description: 1,
  parameters: 0.3,
}
/** What a term counts with which another author may have said the same. */
const relativeWeight = 0.5
/** Terms of a query beyond these are not looked for. */
const mostTerms = 24
const longestQuery = 1000

type Indexed = ToolWords & { readonly id: number }

const asItIs = {
  tokenize: (term: string) => [term],
  processTerm: (term: string) => term,
}

class Bm25Index implements ToolIndex {
  readonly size: number
  private readonly tools: readonly JsonObject[]
  private readonly byName: ReadonlyMap<unknown, JsonObject>
  private readonly engine = new MiniSearch<Indexed>({
    fields: Object.keys(boost),
    tokenize: (text) => [...wordsOf(text)],
    processTerm: (word) => termOf(word),
    searchOptions: { boost },
  })

  constructor(tools: readonly JsonObject[]) {
    this.tools = tools
    this.size = tools.length
    this.byName = new Map(tools.map((tool) => [tool['name'], tool]))
  }

  /** Other work gets its turn between chunks. */
  async fill(): Promise<this> {
    const documents = this.tools.map((tool, id) => ({ id, ...toolWords(tool) }))
    await this.engine.addAllAsync(documents, { chunkSize: 32 })
    return this
  }

  search(query: string, limit: number): readonly JsonObject[] {
    const asked = query.slice(0, longestQuery)
    const named = this.byName.get(asked.trim())
    const words = wordsOf(asked).flatMap((word) => termOf(word) ?? [])
    const terms = [...new Set(words)].slice(0, mostTerms)
    const scores = this.rank(terms)
    // Where no word is known, all may be misspelt.
    const found = scores.size > 0 ? scores : this.rank(terms, { fuzzy: 0.2, prefix: true })
    const ranked = [...found]
      .toSorted(([, one], [, other]) => other - one)
      .map(([id]) => this.tools[id])
      .filter((tool) => tool !== undefined)
      .filter((tool) => tool !== named)
    return [...(named === undefined ? [] : [named]), ...ranked].slice(0, limit)
  }

  /** A tool that has all terms is before one that has a rare one of them often. */
  private rank(terms: readonly string[], options = {}): ReadonlyMap<number, number> {
    const scores = new Map<number, { score: number; terms: number }>()
    for (const term of terms) {
      for (const [id, score] of this.scoresOf(term, options)) {
        const known = scores.get(id) ?? { score: 0, terms: 0 }
        scores.set(id, { score: known.score + score, terms: known.terms + 1 })
      }
    }
    return new Map(
      [...scores].map(([id, found]) => [id, (found.score * found.terms) / terms.length]),
    )
  }

  /** Of the term itself or, where that is more, of one with which another author may have said the same. */
  private scoresOf(term: string, options: object): ReadonlyMap<number, number> {
    const best = new Map<number, number>()
    const add = (wanted: string, weight: number) => {
      for (const { id, score } of this.engine.search(wanted, { ...asItIs, ...options })) {
        best.set(id as number, Math.max(best.get(id as number) ?? 0, score * weight))
      }
    }
    add(term, 1)
    for (const relative of relativesOf(term)) add(relative, relativeWeight)
    return best
  }
}

/** `tools`: those that a caller is shown. */
export const indexTools = (tools: readonly JsonObject[]): Promise<ToolIndex> =>
  new Bm25Index(tools).fill()
