// A client that does all that a server offers: `explore.mjs <url>`. The suite says by its environment which revision
// to speak, and with which arguments to call the tools it is curious about.
import { pathToFileURL } from 'node:url'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'

const { MCP_CONFORMANCE_PROTOCOL_VERSION: revision, MCP_CONFORMANCE_CONTEXT: context = '{}' } =
  process.env

const mode = revision === '2026-07-28' ? 'auto' : 'legacy'

const connect = async (url) => {
  const client = new Client(
    { name: 'conformance-client', version: '1.0.0' },
    {
      versionNegotiation: { mode },
      capabilities: { roots: {}, sampling: {}, elicitation: { form: { applyDefaults: true } } },
    },
  )
  client.setRequestHandler('elicitation/create', ({ params }) => ({
    action: 'accept',
    // A form with defaults is sent back as it came.
    content: params.requestedSchema?.properties?.confirmed === undefined ? {} : { confirmed: true },
  }))
  client.setRequestHandler('sampling/createMessage', () => ({
    role: 'assistant',
    model: 'none',
    content: { type: 'text', text: 'Nothing to say' },
  }))
  client.setRequestHandler('roots/list', () => ({ roots: [] }))
  await client.connect(new StreamableHTTPClientTransport(new URL(url)))
  return client
}

const samples = { string: 'sample', number: 1, integer: 1, boolean: true, object: {}, array: [] }

const sampleArguments = ({ properties = {} }) =>
  Object.fromEntries(Object.entries(properties).map(([name, { type }]) => [name, samples[type]]))

/** What to call, in the order of the list: as the suite wants it, or with any values that fit. */
const callsFor = (tools) => {
  const { toolCalls = [] } = JSON.parse(context)
  const schema = tools.find(({ name }) => name === 'json_schema_2020_12_tool')?.inputSchema
  return tools.flatMap(({ name, inputSchema }) => {
    const wanted = toolCalls.filter((call) => call.name === name)
    if (wanted.length > 0) return wanted
    if (name === 'json_schema_echo') return [{ name, arguments: { schema } }]
    return [{ name, arguments: sampleArguments(inputSchema) }]
  })
}

/** A server may fail at one thing; the others are wanted all the same. */
const attempt = async (what, doing) => {
  try {
    await doing()
  } catch (error) {
    process.stderr.write(`${what}: ${error.message}\n`)
  }
}

export const explore = async (url) => {
  const client = await connect(url)
  const offered = client.getServerCapabilities() ?? {}
  await attempt('tools', async () => {
    const { tools } = await client.listTools()
    for (const call of callsFor(tools)) await attempt(call.name, () => client.callTool(call))
  })
  if (offered.resources !== undefined) {
    await attempt('resources', async () => {
      const { resources } = await client.listResources()
      for (const { uri } of resources) await attempt(uri, () => client.readResource({ uri }))
    })
  }
  if (offered.prompts !== undefined) {
    await attempt('prompts', async () => {
      const { prompts } = await client.listPrompts()
      for (const { name } of prompts) await attempt(name, () => client.getPrompt({ name }))
    })
  }
  await client.close()
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await explore(process.argv[2])
