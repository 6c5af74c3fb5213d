// Tools by which the suite makes something happen that it wants to watch.
import { setTimeout as pause } from 'node:timers/promises'
import { inputRequired } from '@modelcontextprotocol/server'

const text = (value) => ({ content: [{ type: 'text', text: value }] })

export const registerDiagnosticTools = (server, changeable) => {
  const tool = (name, description, run) => server.registerTool(name, { description }, run)

  tool('test_missing_capability', 'Needs a client with a model', ({ mcpReq }) =>
    mcpReq.inputResponses?.['pong'] === undefined
      ? inputRequired({
          inputRequests: {
            pong: inputRequired.createMessage({
              messages: [{ role: 'user', content: { type: 'text', text: 'Say pong' } }],
              maxTokens: 16,
            }),
          },
        })
      : text('The model has spoken'),
  )
  tool('test_streaming_elicitation', 'Asks the user in its answer', ({ mcpReq }) =>
    mcpReq.inputResponses?.['go_on'] === undefined
      ? inputRequired({
          inputRequests: {
            go_on: inputRequired.elicit({
              message: 'Shall it go on?',
              requestedSchema: { type: 'object', properties: { yes: { type: 'boolean' } } },
            }),
          },
        })
      : text('It went on'),
  )
  tool('test_logging_tool', 'Logs for those who listen', async ({ mcpReq }) => {
    await mcpReq.log('info', 'This is for those who asked for it')
    return text('Logged')
  })
  tool('test_reconnection', 'Leaves its caller in the middle', async ({ mcpReq, http }) => {
    http?.closeSSE?.()
    await pause(100, undefined, { signal: mcpReq.signal })
    return text('This came after the stream was closed')
  })
  tool('test_trigger_tool_change', 'Takes a tool away, or puts it back', () => {
    changeable.toggle('tools')
    return text('The tools have changed')
  })
  tool('test_trigger_prompt_change', 'Takes a prompt away, or puts it back', () => {
    changeable.toggle('prompts')
    return text('The prompts have changed')
  })
}
