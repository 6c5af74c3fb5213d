// The words of a tool: what a search compares, in the form in which it compares them.
import { stemmer } from 'stemmer'
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts'

/** `getJobLogs`, `get_job_logs` and `get-job-logs` are three words each. */
export const wordsOf = (text: string): readonly string[] =>
  text
    .replaceAll(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2')
    .replaceAll(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')

/** In every description, so that they distinguish nothing. */
const fillers: ReadonlySet<string> = new Set(
  (
    'a an and are as at be been but by can could did do does for from had has have how i if in into is it its me my of on ' +
    'one or our should so some such that the their them then there these they this those to use used using was we were ' +
    'what when where which while who whom whose why will with would you your'
  ).split(' '),
)

/** Undefined: no word to look for. */
export const termOf = (word: string): string | undefined =>
  fillers.has(word) ? undefined : stemmer(word)

/** What tools do, in the words that their authors choose between. */
const alike = [
  'get list show read retrieve fetch view describe display see look',
  'create make add new open write insert build start',
  'delete remove drop erase end cancel',
  'update change edit modify set replace',
  'search find look query lookup',
  'run execute trigger start launch',
  'send publish post',
  'stop disable deactivate',
  'start enable activate',
  'copy fork backup duplicate',
  'user person people account employee member colleague',
].map((words) => words.split(' ').map((word) => stemmer(word)))

const others = new Map<string, Set<string>>()
for (const terms of alike) {
  for (const term of terms) {
    const known = others.get(term) ?? new Set()
    for (const other of terms) if (other !== term) known.add(other)
    others.set(term, known)
  }
}

const none: ReadonlySet<string> = new Set()

/** Terms with which another author may have said the same. */
export const relativesOf = (term: string): ReadonlySet<string> => others.get(term) ?? none

/** What a description begins with says what the tool does; what follows is about its use. */
const firstSentence = (description: string): string =>
  description.split(/\n\s*\n|(?<=\.)\s/, 1)[0] ?? ''

/** The longest text of one field that is looked at: descriptions come from others. */
const longest = 8192

const text = (value: Json | undefined): string =>
  typeof value === 'string' ? value.slice(0, longest) : ''

/** Names and descriptions of parameters, of the first level: what is deeper says little about the tool. */
const parametersOf = ({ inputSchema }: JsonObject): string => {
  const properties = isJsonObject(inputSchema) ? inputSchema['properties'] : undefined
  if (!isJsonObject(properties)) return ''
  const parts = Object.entries(properties).map(([name, schema]) =>
    isJsonObject(schema) ? `${name} ${text(schema['description'])}` : name,
  )
  return parts.join(' ').slice(0, longest)
}

export interface ToolWords {
  readonly name: string
  readonly title: string
  /** The first sentence of the description. */
  readonly summary: string
  readonly description: string
  readonly parameters: string
}

export const toolWords = (tool: JsonObject): ToolWords => {
  const { annotations } = tool
  const other = isJsonObject(annotations) ? annotations['title'] : undefined
  const description = text(tool['description'])
  return {
    name: text(tool['name']),
    title: text(tool['title'] ?? other),
    summary: firstSentence(description),
    description,
    parameters: parametersOf(tool),
  }
}
