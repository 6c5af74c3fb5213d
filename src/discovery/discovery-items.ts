// The tools that find and call others, as clients are shown them.
import type { JsonObject } from '../base/json.ts'

export const defaultResults = 5
export const mostResults = 50

/** `call`: the name of the tool that calls what was found, where there is one. `counts`: how many tools each server has. */
export const searchItem = (name: string, call: string | undefined, counts: string): JsonObject => ({
  name,
  title: 'Search for tools',
  description: [
    `Finds tools by what they do, best match first, with their names and parameters. Tools by server: ${counts || 'none now'}.`,
    call === undefined ? 'Call what it finds by its name.' : `Call what it finds with ${call}.`,
    'Search again with other words if nothing fits.',
  ].join(' '),
  inputSchema: {
    type: 'object',
    properties: {
      query: { type: 'string', description: 'What the tool does, in a few words, or its name' },
      top_k: {
        type: 'integer',
        minimum: 1,
        maximum: mostResults,
        default: defaultResults,
        description: 'Most tools to return',
      },
    },
    required: ['query'],
  },
  annotations: { readOnlyHint: true, openWorldHint: false },
})

export const callItem = (name: string, search: string): JsonObject => ({
  name,
  title: 'Call a tool',
  description: `Calls a tool that ${search} found, and answers as that tool does`,
  inputSchema: {
    type: 'object',
    properties: {
      name: { type: 'string', description: 'The name of the tool' },
      arguments: {
        type: 'object',
        description: 'Its arguments, as its inputSchema describes them',
      },
    },
    required: ['name'],
  },
  annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: true },
})

/** What a model needs to call it. */
export const shownTool = ({ name, title, description, inputSchema }: JsonObject): JsonObject => ({
  name: name ?? '',
  ...(title === undefined ? {} : { title }),
  ...(description === undefined ? {} : { description }),
  inputSchema: inputSchema ?? { type: 'object' },
})
