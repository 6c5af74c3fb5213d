// Tools that need one answer of the client. They return the question; where the client is of the session era, the SDK
// puts it as a request of the server and calls the tool again with the answer.
import { inputRequired } from '@modelcontextprotocol/server'
import * as z from 'zod'

const text = (value) => ({ content: [{ type: 'text', text: value }] })

/** Asks once under `key`, then tells what came back. */
const asking =
  (key, question, conclude) =>
  (args, { mcpReq }) => {
    const answer = mcpReq.inputResponses?.[key]
    return answer === undefined
      ? inputRequired({ inputRequests: { [key]: question(args) } })
      : text(conclude(answer))
  }

const told = (answer) => `action=${answer.action}, content=${JSON.stringify(answer.content ?? {})}`

const withDefaults = {
  type: 'object',
  properties: {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  },
}

const titled = (names, noun) =>
  names.map((name, index) => ({ const: `value${index + 1}`, title: `${name} ${noun}` }))

const withChoices = {
  type: 'object',
  properties: {
    untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
    titledSingle: { type: 'string', oneOf: titled(['First', 'Second', 'Third'], 'Option') },
    legacyEnum: {
      type: 'string',
      enum: ['opt1', 'opt2', 'opt3'],
      enumNames: ['Option One', 'Option Two', 'Option Three'],
    },
    untitledMulti: {
      type: 'array',
      items: { type: 'string', enum: ['option1', 'option2', 'option3'] },
    },
    titledMulti: {
      type: 'array',
      items: { anyOf: titled(['First', 'Second', 'Third'], 'Choice') },
    },
  },
}

const person = {
  type: 'object',
  properties: {
    username: { type: 'string', description: "User's response" },
    email: { type: 'string', description: "User's email address" },
  },
  required: ['username', 'email'],
}

const registerForm = (server, name, description, requestedSchema) =>
  server.registerTool(
    name,
    { description, inputSchema: z.object({}) },
    asking(
      'form',
      () => inputRequired.elicit({ message: 'Please look over these values', requestedSchema }),
      (answer) => `Elicitation completed: ${told(answer)}`,
    ),
  )

export const registerAskingTools = (server) => {
  server.registerTool(
    'test_sampling',
    {
      description: "Asks the client's model",
      inputSchema: z.object({ prompt: z.string().describe('What to ask') }),
    },
    asking(
      'completion',
      ({ prompt }) =>
        inputRequired.createMessage({
          messages: [{ role: 'user', content: { type: 'text', text: prompt } }],
          maxTokens: 100,
        }),
      (answer) => `LLM response: ${answer.content?.text ?? JSON.stringify(answer.content)}`,
    ),
  )
  server.registerTool(
    'test_elicitation',
    {
      description: "Asks the client's user",
      inputSchema: z.object({ message: z.string().describe('What to show') }),
    },
    asking(
      'person',
      ({ message }) => inputRequired.elicit({ message, requestedSchema: person }),
      (answer) => `User response: ${told(answer)}`,
    ),
  )
  registerForm(
    server,
    'test_elicitation_sep1034_defaults',
    'Asks with a default for every kind of field',
    withDefaults,
  )
  registerForm(
    server,
    'test_elicitation_sep1330_enums',
    'Asks with every kind of choice',
    withChoices,
  )
}
