// Tools and a prompt that answer after one or more rounds with the client, as 2026-07-28 has them.
import { acceptedContent, inputRequired, inputResponse } from '@modelcontextprotocol/server'
import * as z from 'zod'

const text = (value) => ({ content: [{ type: 'text', text: value }] })

const ask = (message, field, type = 'string') =>
  inputRequired.elicit({
    message,
    requestedSchema: { type: 'object', properties: { [field]: { type } }, required: [field] },
  })

const askModel = (question, maxTokens = 100) =>
  inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text: question } }],
    maxTokens,
  })

const askName = () => ask('What is your name?', 'name')
const named = z.object({ name: z.string() })

const has = (mcpReq, key) => inputResponse(mcpReq.inputResponses, key).kind !== 'missing'

const registerOneRound = (tool) => {
  tool('elicitation', 'Greets the user', ({ mcpReq }) => {
    const answer = acceptedContent(mcpReq.inputResponses, 'user_name', named)
    return answer === undefined
      ? inputRequired({ inputRequests: { user_name: askName() } })
      : text(`Hello, ${answer.name}!`)
  })
  tool('sampling', 'Asks the model for a capital', ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'capital_question')
    return answer.kind === 'sampling'
      ? text(JSON.stringify(answer.result.content))
      : inputRequired({
          inputRequests: { capital_question: askModel('What is the capital of France?') },
        })
  })
  tool('list_roots', 'Counts the roots of the client', ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, 'client_roots')
    return answer.kind === 'roots'
      ? text(answer.roots.map((root) => root.uri).join(', '))
      : inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } })
  })
  tool('capabilities', 'Asks whom the client can ask', ({ mcpReq }) => {
    const can = mcpReq.envelope?.['io.modelcontextprotocol/clientCapabilities'] ?? {}
    const inputRequests = {
      ...(can.sampling === undefined ? {} : { model: askModel('Say something') }),
      ...(can.elicitation === undefined ? {} : { user: askName() }),
    }
    const missing = Object.keys(inputRequests).filter((key) => !has(mcpReq, key))
    return missing.length > 0 ? inputRequired({ inputRequests }) : text('Nobody is left to ask')
  })
}

/** These remember between the rounds by what the client brings back, signed. */
const registerWithState = (tool, codec) => {
  const confirm = (name, description) =>
    tool(name, description, async ({ mcpReq }) => {
      const state = mcpReq.requestState()
      if (state?.asked === 'confirm' && has(mcpReq, 'confirm')) return text('state-ok')
      return inputRequired({
        inputRequests: { confirm: ask('Please confirm', 'ok', 'boolean') },
        requestState: await codec.mint({ asked: 'confirm' }),
      })
    })
  confirm('request_state', 'Confirms with a state')
  confirm('tampered_state', 'Refuses a state that was changed')

  tool('multiple_inputs', 'Asks everybody at once', async ({ mcpReq }) => {
    const keys = ['user_name', 'greeting', 'client_roots']
    if (keys.every((key) => has(mcpReq, key))) return text('Everybody answered')
    return inputRequired({
      inputRequests: {
        user_name: askName(),
        greeting: askModel('Generate a greeting', 50),
        client_roots: inputRequired.listRoots(),
      },
      requestState: await codec.mint({ asked: 'everybody' }),
    })
  })

  tool('multi_round', 'Asks twice', async ({ mcpReq }) => {
    const state = mcpReq.requestState()
    if (state?.step === 2 && has(mcpReq, 'step2')) return text(`Done, ${state.name}`)
    const answer = acceptedContent(mcpReq.inputResponses, 'step1', named)
    const name = state?.name ?? answer?.name
    if (name === undefined) {
      return inputRequired({
        inputRequests: { step1: ask('Step 1: What is your name?', 'name') },
        requestState: await codec.mint({ step: 1 }),
      })
    }
    return inputRequired({
      inputRequests: { step2: ask('Step 2: What is your favorite color?', 'color') },
      requestState: await codec.mint({ step: 2, name }),
    })
  })
}

export const registerRoundTools = (server, codec) => {
  const tool = (name, description, run) =>
    server.registerTool(`test_input_required_result_${name}`, { description }, run)
  registerOneRound(tool)
  registerWithState(tool, codec)

  server.registerPrompt(
    'test_input_required_result_prompt',
    { description: 'A prompt that asks for its context' },
    ({ mcpReq }) => {
      const context = z.object({ context: z.string() })
      const answer = acceptedContent(mcpReq.inputResponses, 'user_context', context)
      if (answer === undefined) {
        return inputRequired({
          inputRequests: {
            user_context: ask('What context should the prompt use?', 'context'),
          },
        })
      }
      const content = { type: 'text', text: `Use this context: ${answer.context}` }
      return { messages: [{ role: 'user', content }] }
    },
  )
}
