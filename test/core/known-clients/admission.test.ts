// Which clients get in: what each is known to need, compared with checks and metadata that were found.
import { expect, test } from 'vitest'
import { admissionOf } from '../../../src/core/known-clients/admission.ts'
import { knownClients } from '../../../src/core/known-clients/known-clients.ts'
import type { Investigation } from '../../../src/core/investigation/investigation.ts'
import { readMetadata } from '../../../src/core/metadata/metadata.ts'
import { fail, pass, skip, warn, type Check } from '../../../src/core/verdict/check.ts'
import { problemOf } from '../../../src/problems/problem.ts'

type Found = Parameters<typeof admissionOf>[1]

const address = 'https://mcp.example.com/mcp'

const good: readonly Check[] = [
  pass('prm-challenge'),
  pass('prm-location'),
  pass('prm-resource'),
  pass('asm-found'),
  pass('asm-endpoints'),
  pass('asm-pkce'),
]

const found = (
  metadata: Readonly<Record<string, unknown>> = {},
  checks: readonly Check[] = good,
): Found => {
  const read = readMetadata(JSON.stringify({ issuer: 'https://id.example.com', ...metadata }))
  if (!('metadata' in read)) throw new Error(read.cause)
  return {
    as: 'mcp',
    resource: undefined,
    server: { metadata: read.metadata } as Investigation['server'],
    checks,
    outcome: { kind: 'graded' },
  }
}

const answers = (given: Found, url = address) =>
  Object.fromEntries(admissionOf(url, given).map(({ id, admission }) => [id, admission]))

const registration = { registration_endpoint: 'https://id.example.com/register' }
const documents = {
  client_id_metadata_document_supported: true,
  token_endpoint_auth_methods_supported: ['none'],
}

const but = (check: Check): readonly Check[] => [...good.filter(({ id }) => id !== check.id), check]

test('dynamic registration lets every client in', () => {
  expect(new Set(Object.values(answers(found(registration))))).toEqual(new Set(['yes']))
})

test('metadata documents alone: those that have one get in, the others with a client ID', () => {
  expect(answers(found(documents))).toEqual({
    'claude-code': 'yes',
    claude: 'yes',
    chatgpt: 'yes',
    cursor: 'setup',
    vscode: 'yes',
    'mcp-remote': 'setup',
  })
})

test('metadata documents without none at the token endpoint are no way in', () => {
  const { token_endpoint_auth_methods_supported: _, ...secretOnly } = documents
  expect(answers(found(secretOnly))['claude-code']).toBe('setup')
})

test('an address of this machine keeps out what connects from a cloud', () => {
  const at = answers(found(registration), 'http://127.0.0.1:8080/mcp')
  expect(at).toMatchObject({ claude: 'no', chatgpt: 'no', 'claude-code': 'yes', cursor: 'yes' })
})

test('another resource: no for those that compare it, not known for the others', () => {
  const wrong = fail(problemOf('prm-resource', 'other', { resource: '"a"', url: '"b"' }))
  const rows = admissionOf(address, found(registration, but(wrong)))
  const of = (id: string) => rows.find((row) => row.id === id)
  expect(of('claude-code')).toMatchObject({ admission: 'no' })
  expect(of('claude-code')?.because).toContain(
    'A token in a header of its configuration still works',
  )
  expect(of('claude')?.because).not.toContain('header')
  expect(of('cursor')).toMatchObject({ admission: 'unknown' })
})

test('S256 that is not advertised: no where a source says so, not known elsewhere', () => {
  const checks = but(warn(problemOf('asm-pkce', 'absent')))
  expect(answers(found(registration, checks))).toMatchObject({ chatgpt: 'no', vscode: 'unknown' })
})

test('an answer that did not come decides nothing', () => {
  const checks = but(skip('asm-found', 'no answer', 'answer'))
  expect(new Set(Object.values(answers(found(registration, checks))))).toEqual(new Set(['unknown']))
})

test('every fact that is not unknown has a source: an https address and a day that has been', () => {
  const facts = knownClients.flatMap((client) =>
    Object.values(client).flatMap((fact) =>
      typeof fact === 'object' && 'known' in fact ? [fact] : [],
    ),
  )
  expect(facts.length).toBeGreaterThan(30)
  for (const { known, source } of facts) {
    expect(source === undefined).toBe(known === 'unknown')
    if (source === undefined) continue
    expect(new URL(source.url).protocol).toBe('https:')
    expect(source.date).toMatch(/^20\d\d-\d\d-\d\d$/)
  }
})
