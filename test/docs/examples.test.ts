// Every example is a configuration that a person can start from: it passes without a warning.
import { generateKeyPairSync } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemPorts } from '../../src/net/system-ports.ts'
import { loadConfig, parseConfig } from '../../src/config/load.ts'
import { assemble } from '../../src/proxy/generation/generation.ts'

const folder = join(import.meta.dirname, '..', '..', 'examples')
const files = readdirSync(folder).filter((name) => name.endsWith('.toml'))

const env = {
  HOME: '/home/desk',
  DESK_TOKEN: 'desk-token-of-twenty-eight-letters',
  CI_TOKEN: 'ci-token-of-twenty-six-letters',
  ADMIN_TOKEN: 'admin-token-of-twenty-nine-letters',
  WEATHER_TOKEN: 'weather-token',
  OAUTH_CLIENT_SECRET: 'client-secret',
  OAUTH_CLIENT_KEY: generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString(),
}

it('the folder has them', () => {
  expect(files.toSorted()).toEqual([
    'bearer.toml',
    'dpop.toml',
    'jwt.toml',
    'minimal.toml',
    'mtls.toml',
    'oauth-both.toml',
    'oauth-introspection.toml',
    'several-issuers.toml',
    'tls.toml',
    'verify.toml',
  ])
})

/** Building is offline: an example names servers that do not exist. */
const offline = systemPorts({
  http: () => Promise.reject(new Error('building must not use the network')),
})

it.each(files)('%s', async (name) => {
  const { config, warnings } = await loadConfig(join(folder, name), env)
  expect(warnings).toEqual([])
  const generation = await assemble(config, offline)
  expect(generation.backends.map((backend) => backend.name)).toEqual(
    config.backends.map((backend) => backend.name),
  )
  expect(generation.gate.requiredScopes).toEqual(
    config.auth.type === 'jwt' || config.auth.type === 'oauth' ? config.auth.required_scopes : [],
  )
  await generation.close()
})

const shownIn = (page: string): readonly string[] => {
  const text = readFileSync(join(folder, '..', 'docs', page), 'utf8')
  return [...text.matchAll(/```toml\n([\s\S]*?)```/g)].map(([, block = '']) => block)
}

describe.each([
  ['policy.md', 3],
  ['verify.md', 1],
])('%s', (page, blocks) => {
  const shown = shownIn(page)

  it('shows configurations', () => {
    expect(shown).toHaveLength(blocks)
  })

  it.each(shown)('that can be served: %#', async (text) => {
    const source = { file: page, format: 'toml', env } as const
    const { config, warnings } = await parseConfig(text, source)
    expect(warnings).toEqual([])
    await (await assemble(config, offline)).close()
  })
})
