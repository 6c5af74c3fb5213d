// Tools that answer from themselves: every kind of content, an error, progress, log messages, schemas of all sorts.
import { setTimeout as pause } from 'node:timers/promises'
import { fromJsonSchema } from '@modelcontextprotocol/server'
import * as z from 'zod'
import { pngPixel, wavSilence } from './samples.mjs'

const text = (value) => ({ type: 'text', text: value })
const image = { type: 'image', data: pngPixel, mimeType: 'image/png' }
const embedded = (uri, mimeType, value) => ({
  type: 'resource',
  resource: { uri, mimeType, text: value },
})

/** Everything that a list of tools may not lose on its way. */
const wholeVocabulary = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
}

/** A client of 2026-07-28 repeats these arguments in headers, where a router can see them. */
const mirrored = {
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': 'Region' },
    priority: { type: 'integer', 'x-mcp-header': 'Priority' },
    note: { type: 'string' },
  },
  required: ['region'],
}

const registerContents = (server) => {
  const contents = {
    test_simple_text: [text('This is a simple text response for testing.')],
    test_image_content: [image],
    test_audio_content: [{ type: 'audio', data: wavSilence, mimeType: 'audio/wav' }],
    test_embedded_resource: [
      embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.'),
    ],
    test_multiple_content_types: [
      text('Multiple content types test:'),
      image,
      embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
    ],
  }
  for (const [name, content] of Object.entries(contents)) {
    server.registerTool(name, { description: `Answers as ${name} should` }, () => ({ content }))
  }
}

const registerSchemas = (server) => {
  server.registerTool(
    'json_schema_2020_12_tool',
    {
      description: 'Has a schema with all that JSON Schema 2020-12 knows',
      inputSchema: fromJsonSchema(wholeVocabulary),
    },
    (args) => ({ content: [text(JSON.stringify(args))] }),
  )
  server.registerTool(
    'test_mirrored_arguments',
    {
      description: 'Has arguments that are repeated in headers',
      inputSchema: fromJsonSchema(mirrored),
    },
    (args) => ({ content: [text(JSON.stringify(args))] }),
  )
}

/** Steps that a caller can watch, one after the other. */
const step = async (tell, signal) => {
  await tell()
  await pause(50, undefined, { signal })
}

const registerTellingTools = (server) => {
  server.registerTool('test_error_handling', { description: 'Always fails' }, () => {
    throw new Error('This tool intentionally returns an error for testing')
  })
  server.registerTool(
    'test_tool_with_logging',
    { description: 'Says three times what it is doing' },
    async ({ mcpReq }) => {
      await step(() => mcpReq.log('info', 'Tool execution started'), mcpReq.signal)
      await step(() => mcpReq.log('info', 'Tool processing data'), mcpReq.signal)
      await mcpReq.log('info', 'Tool execution completed')
      return { content: [text('Said what there was to say')] }
    },
  )
  server.registerTool(
    'test_tool_with_progress',
    { description: 'Reports 0, 50 and 100 of 100', inputSchema: z.object({}) },
    async (_args, { mcpReq }) => {
      const progressToken = mcpReq['_meta']?.progressToken
      const report = (progress) =>
        progressToken === undefined
          ? undefined
          : mcpReq.notify({
              method: 'notifications/progress',
              params: { progressToken, progress, total: 100, message: `${progress} of 100` },
            })
      await step(() => report(0), mcpReq.signal)
      await step(() => report(50), mcpReq.signal)
      await report(100)
      return { content: [text(`Progress token: ${progressToken ?? 'none'}`)] }
    },
  )
}

export const registerContentTools = (server) => {
  registerContents(server)
  registerSchemas(server)
  registerTellingTools(server)
}
