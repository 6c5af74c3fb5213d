// Prompts: plain, with arguments that can be completed, with a resource and with an image.
import { completable } from '@modelcontextprotocol/server'
import * as z from 'zod'
import { pngPixel } from './samples.mjs'

const user = (content) => ({ role: 'user', content })
const text = (value) => ({ type: 'text', text: value })

const words = ['paris', 'park', 'party', 'test', 'testimony']

export const registerPrompts = (server) => {
  server.registerPrompt(
    'test_simple_prompt',
    { description: 'A prompt without arguments' },
    () => ({
      messages: [user(text('This is a simple prompt for testing.'))],
    }),
  )
  server.registerPrompt(
    'test_prompt_with_arguments',
    {
      description: 'A prompt with two arguments',
      argsSchema: z.object({
        arg1: completable(z.string().describe('First test argument'), (value) =>
          words.filter((word) => word.startsWith(value)),
        ),
        arg2: z.string().describe('Second test argument'),
      }),
    },
    ({ arg1, arg2 }) => ({
      messages: [user(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`))],
    }),
  )
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    {
      description: 'A prompt with a resource in it',
      argsSchema: z.object({ resourceUri: z.string().describe('URI of the resource to embed') }),
    },
    ({ resourceUri }) => ({
      messages: [
        user({
          type: 'resource',
          resource: {
            uri: resourceUri,
            mimeType: 'text/plain',
            text: 'Embedded resource content for testing.',
          },
        }),
        user(text('Please process the embedded resource above.')),
      ],
    }),
  )
  server.registerPrompt(
    'test_prompt_with_image',
    { description: 'A prompt with an image' },
    () => ({
      messages: [
        user({ type: 'image', data: pngPixel, mimeType: 'image/png' }),
        user(text('Please analyze the image above.')),
      ],
    }),
  )
}
