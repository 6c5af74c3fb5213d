// backends[].expose_* and hide_*: what of a backend is offered, whoever asks.
import { describe, expect, test } from 'vitest'
import { isDisguised, isHidden } from '../../src/policy/decision.ts'
import { compilePolicy } from '../../src/policy/policy.ts'
import type { Target, TargetKind } from '../../src/policy/spelling.ts'
import { backendNames } from '../../src/proxy/names/names.ts'
import { compileFilter, filterPatterns, longestName } from '../../src/shaping/name-filter.ts'
import { regexCompilerFor } from '../../src/shaping/name-patterns.ts'
import { shapingSchema } from '../../src/shaping/shaping-config.ts'
import { anonymous } from '../support/peer.ts'

const filterOf = async (keys: object) => {
  const config = shapingSchema.parse(keys)
  return compileFilter(config, 'backends[0]', await regexCompilerFor(filterPatterns(config)))
}

const target = (name: string, kind: TargetKind = 'tool'): Target => ({
  kind,
  backend: 'files',
  name,
})

const outcome = async (keys: object, name: string, kind?: TargetKind): Promise<string> => {
  const { check } = (await filterOf(keys))?.(target(name, kind)) ?? {}
  if (check === undefined) return 'no filter'
  return check.status === 'fail' ? `${check.id} ${check.case ?? ''}` : check.status
}

const [hidden, unlisted, long] = ['hidden', 'unlisted', 'long'].map((one) => `policy-filter ${one}`)

test.each<[object, string, string | undefined]>([
  [{}, 'read_file', 'no filter'],
  [{ expose_tools: ['read_file'] }, 'read_file', 'pass'],
  [{ expose_tools: ['read_file'] }, 'read_files', unlisted],
  [{ expose_tools: ['list_*', 'read_?'] }, 'read_x', 'pass'],
  [{ expose_tools: ['list_*', 'read_?'] }, 'read_', unlisted],
  [{ hide_tools: ['*_file'] }, 'write_file', hidden],
  [{ hide_tools: ['*_file'] }, 'list', 'pass'],
  [{ hide_tools: ['re:^delete_'] }, 'delete_all', hidden],
  [{ hide_tools: ['re:^delete_'] }, 'undelete_all', 'pass'],
  [{ expose_tools: ['re:list'] }, 'my_list_of', 'pass'],
  [{ expose_tools: ['read', 're:^list_\\w+$'] }, 'list_a', 'pass'],
  [{ expose_tools: ['read', 're:^list_\\w+$'] }, 'read', 'pass'],
  [{ expose_tools: ['read', 're:^list_\\w+$'] }, 'list_', unlisted],
  [{ hide_prompts: ['*'] }, 'read_file', 'pass'],
])('%j: a tool %s', async (keys, name, expected) => {
  expect(await outcome(keys, name)).toBe(expected)
})

test('prompts and resources have lists of their own', async () => {
  const keys = { hide_prompts: ['plan'], expose_resources: ['file:///srv/*'], hide_tools: ['x'] }
  expect(await outcome(keys, 'plan', 'prompt')).toBe(hidden)
  expect(await outcome(keys, 'plan', 'tool')).toBe('pass')
  expect(await outcome(keys, 'file:///srv/a/b', 'resource')).toBe('pass')
  expect(await outcome(keys, 'file:///etc/a', 'resource')).toBe(unlisted)
})

test('a URI is hidden if one reading of it is, and exposed only if all of them are', async () => {
  const hide = { hide_resources: ['file:///srv/secret/*'] }
  expect(await outcome(hide, 'file:///srv/a/../secret/b', 'resource')).toBe(hidden)
  expect(await outcome(hide, 'file:///srv/%73ecret/b', 'resource')).toBe(hidden)
  const expose = { expose_resources: ['file:///srv/public/*'] }
  expect(await outcome(expose, 'file:///srv/public/../secret/b', 'resource')).toBe(unlisted)
  expect(await outcome(expose, 'file:///srv/public/%2e%2e/secret', 'resource')).toBe(unlisted)
})

test('a name of any length is judged in bounded time: beyond the limit it is refused', async () => {
  const name = `file:///${'a'.repeat(longestName)}`
  expect(await outcome({ hide_resources: ['re:(a+)+$'] }, name, 'resource')).toBe(long)
  expect(await outcome({ expose_resources: ['*'] }, name, 'resource')).toBe(long)
  expect(await outcome({ hide_tools: ['x'] }, name, 'resource')).toBe('pass')
})

test('an expression that makes other engines go on for ever is answered at once', async () => {
  const name = `${'a'.repeat(4000)}!`
  expect(await outcome({ hide_tools: ['re:^(a+)+$', 're:^(a|aa)*$'] }, name)).toBe('pass')
})

test('an expression that cannot be compiled is an error of its key', async () => {
  await expect(filterOf({ hide_prompts: ['ok', 're:[a-'] })).rejects.toThrow(
    'backends[0].hide_prompts: the regular expression is not valid: missing closing ]: `[a-`',
  )
})

describe('in the policy', () => {
  const places = [{ backend: 'files', ...backendNames('files', '__', undefined) }]
  const policyOf = async (keys: object, more: object = {}) => {
    const filter = await filterOf(keys)
    return compilePolicy({
      places,
      filters: new Map(filter === undefined ? [] : [['files', filter]]),
      ...more,
    })
  }
  const subject = { principal: anonymous }

  test('it hides as what does not exist, also where nothing else restricts anybody', async () => {
    const policy = await policyOf({ hide_tools: ['write'] })
    expect(policy.restricts).toBe(true)
    const decision = policy.decide(subject, target('write'))
    expect([isHidden(decision), isDisguised(decision)]).toEqual([true, true])
    expect(decision.causes).toEqual([{ kind: 'filter', name: 'hide_tools', pattern: 'write' }])
    expect(isHidden(policy.decide(subject, target('read')))).toBe(false)
    expect(isHidden(policy.decide(subject, { ...target('write'), backend: 'db' }))).toBe(false)
  })

  test('no role and no token leads around it, and it is what a survey shows first', async () => {
    const policy = await policyOf(
      { expose_tools: ['read'] },
      {
        roles: [{ name: 'all' }],
        role_mapping: { claim: 'groups', mapping: { a: ['all'] }, default_deny: true },
      },
    )
    const caller = { ...anonymous, claims: { groups: ['a'] } }
    expect(policy.decide({ principal: caller }, target('write')).check.id).toBe('policy-filter')
    expect(policy.forecast(['all'], target('write')).check.id).toBe('policy-filter')
    expect(policy.survey(target('write')).filter).toEqual({
      name: 'expose_tools',
      says: 'unlisted',
      pattern: undefined,
    })
    expect(policy.survey(target('read')).filter).toEqual({
      name: 'expose_tools',
      says: 'allows',
      pattern: 'read',
    })
  })
})
