// The search for tools on 570 real definitions: what it finds, and what it costs a model to read.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { JsonObject } from '../../src/base/json.ts'
import { callItem, searchItem, shownTool } from '../../src/discovery/discovery-items.ts'
import { indexTools, type ToolIndex } from '../../src/discovery/tool-index.ts'

const read = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, '..', 'corpus', `${name}.json`), 'utf8'))

const corpus = read('tools') as Record<string, (JsonObject & { name: string })[]>
const questions = read('questions') as { question: string; tools: string[] }[]
const tools = Object.entries(corpus).flatMap(([server, listed]) =>
  listed.map((tool) => ({ ...tool, name: `${server}__${tool.name}` })),
)

let index: ToolIndex

beforeAll(async () => {
  index = await indexTools(tools)
})

const namesFor = (query: string, limit = 5) =>
  index.search(query, limit).map(({ name }) => name as string)

test('of 60 questions at least 46 find a tool that answers them among five', () => {
  expect(tools).toHaveLength(570)
  expect(questions).toHaveLength(60)
  const found = questions.filter(({ question, tools: wanted }) => {
    const names = namesFor(question)
    return wanted.some((one) => names.includes(one.replace('/', '__')))
  })
  expect(found.length).toBeGreaterThanOrEqual(46)
})

test('every tool is found first by its own name', () => {
  expect(tools.filter(({ name }) => namesFor(name, 1)[0] !== name)).toEqual([])
})

test.each([
  ['words in another form', 'deleting webhooks', 'sonarqube__create_webhook'],
  ['a name in another spelling', 'SendMessage gmail', 'gmail__sendMessage'],
  ['a slip, where no word is known', 'subscripton', 'stripe__cancel_subscription'],
])('finds %s', (_, query, name) => {
  expect(namesFor(query)).toContain(name)
})

test('finds nothing by words that say nothing', () => {
  expect(namesFor('what is the')).toEqual([])
  expect(namesFor('???')).toEqual([])
})

test('a list for the search and an answer are a small part of the list of all tools', () => {
  const size = (value: unknown): number => JSON.stringify(value).length
  const offered = [searchItem('search', 'call', 'x'.repeat(600)), callItem('call', 'search')]
  expect(size(offered)).toBeLessThan(size(tools) / 100)
  const answers = questions.map(({ question }) => size(index.search(question, 5).map(shownTool)))
  expect(Math.max(...answers)).toBeLessThan(size(tools) / 20)
})
