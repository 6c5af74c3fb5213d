// The one address behind resource, challenge and default audience.
import { expect, it } from 'vitest'
import { publicUrlOf } from '../../src/config/public-url.ts'
import { minimal, read } from './reading.ts'

const configWith = async (proxy: string) =>
  (await read(`${minimal}\n[security]\nallow_insecure_listen = true\n${proxy}`)).config

it('is public_url exactly as it is written', async () => {
  const { config } = await read(
    minimal.replace('[proxy]', '[proxy]\npublic_url = "https://MCP.example.com:443/mcp/"'),
  )
  expect(publicUrlOf(config, 1234)).toBe('https://MCP.example.com:443/mcp/')
})

it.each([
  ['', 'http://127.0.0.1:8080/mcp'],
  ['[proxy.listen]\nhost = "localhost"\nport = 9000\n', 'http://localhost:9000/mcp'],
  ['[proxy.listen]\nhost = "::1"\n', 'http://[::1]:8080/mcp'],
  ['[proxy.listen]\nhost = "[::1]"\n', 'http://[::1]:8080/mcp'],
])('is else that of a loopback listener: %j', async (listen, expected) => {
  expect(publicUrlOf(await configWith(listen))).toBe(expected)
})

it('takes the port that was bound', async () => {
  const config = await configWith('[proxy.listen]\nport = 0\n')
  expect(publicUrlOf(config, 40_123)).toBe('http://127.0.0.1:40123/mcp')
})

it('is not guessed beyond loopback', async () => {
  const config = await configWith('[proxy.listen]\nhost = "0.0.0.0"\n')
  expect(publicUrlOf(config, 8080)).toBeUndefined()
})
