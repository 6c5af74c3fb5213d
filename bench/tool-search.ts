// How well the search for tools finds them, what it takes, and what a model reads with and without it. usage: npm run bench:tool-search
import { readFileSync } from 'node:fs'
import { Tiktoken } from 'js-tiktoken/lite'
import o200k from 'js-tiktoken/ranks/o200k_base'
import type { JsonObject } from '../src/base/json.ts'
import { discoveryTools } from '../src/discovery/discovery-config.ts'
import { indexTools } from '../src/discovery/tool-index.ts'
import { callItem, searchItem, shownTool } from '../src/discovery/discovery-items.ts'

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../test/corpus/${name}.json`, import.meta.url), 'utf8'))

const corpus = read('tools') as Record<string, (JsonObject & { name: string })[]>
const questions = read('questions') as { question: string; tools: string[] }[]

const tools = Object.entries(corpus).flatMap(([server, listed]) =>
  listed.map((tool) => ({ ...tool, name: `${server}__${tool.name}` })),
)

const encoding = new Tiktoken(o200k)
const tokensOf = (value: unknown): number => encoding.encode(JSON.stringify(value)).length

const begun = performance.now()
const index = await indexTools(tools)
const built = performance.now() - begun

const rankOf = ({ question, tools: wanted }: (typeof questions)[number]): number =>
  index
    .search(question, 50)
    .findIndex(({ name }) => wanted.some((one) => name === one.replace('/', '__')))

const ranks = questions.map(rankOf)
const recall = (limit: number): string => {
  const found = ranks.filter((rank) => rank !== -1 && rank < limit).length
  return `${String(found)} of ${String(ranks.length)}`
}

console.log(`tools ${String(tools.length)}, servers ${String(Object.keys(corpus).length)}`)
for (const limit of [1, 3, 5, 10, 50]) console.log(`recall at ${String(limit)}: ${recall(limit)}`)

console.log(`index: ${built.toFixed(0)} ms`)
const rounds = 10
const started = performance.now()
for (let round = 0; round < rounds; round += 1)
  for (const { question } of questions) index.search(question, 5)
const each = (performance.now() - started) / rounds / questions.length
console.log(`search: ${(each * 1000).toFixed(0)} us`)

const [search, call] = discoveryTools.map((tool) => `proxy__${tool}`) as [string, string]
const counts = Object.entries(corpus).map(
  ([server, listed]) => `${server} (${String(listed.length)})`,
)
const offered = [searchItem(search, call, counts.join(', ')), callItem(call, search)]
console.log(`tokens of the whole list: ${String(tokensOf(tools))}`)
console.log(`tokens of the list with tool_exposure = "search": ${String(tokensOf(offered))}`)
const answers = questions.map(({ question }) => tokensOf(index.search(question, 5).map(shownTool)))
const mean = answers.reduce((sum, one) => sum + one, 0) / answers.length
console.log(
  `tokens of one answer with 5 tools: ${mean.toFixed(0)} on average, ${String(Math.max(...answers))} at most`,
)
