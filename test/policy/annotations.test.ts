// hide_destructive, read_only_only and tool.annotations: what a tool says of itself, with the defaults of MCP where it says nothing.
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/base/json.ts'
import { toolAnnotationsOf } from '../../src/mcp/tool-annotations.ts'
import { isDisguised, isHidden } from '../../src/policy/decision.ts'
import { compilePolicy, type PolicyParts } from '../../src/policy/policy.ts'
import { compileRules } from '../../src/policy/rules.ts'
import { backendNames } from '../../src/proxy/names/names.ts'
import { anonymous } from '../support/peer.ts'

const places = ['files', 'db'].map((backend) => ({
  backend,
  ...backendNames(backend, '__', undefined),
}))

const decide = (parts: Omit<PolicyParts, 'places'>, annotations: JsonObject | undefined) => {
  const target = {
    kind: 'tool',
    backend: 'files',
    name: 'x',
    ...(annotations === undefined ? {} : { annotations: toolAnnotationsOf(annotations) }),
  } as const
  return compilePolicy({ places, ...parts }).decideCall({ principal: anonymous }, target, {})
}

const outcome = (...[parts, annotations]: Parameters<typeof decide>) => {
  const { check } = decide(parts, annotations)
  return check.status === 'fail' ? [check.id, check.case].filter(Boolean).join(' ') : check.status
}

const hides = (hideDestructive: boolean, readOnlyOnly: boolean) => ({
  annotationRules: new Map([['files', { hideDestructive, readOnlyOnly }]]),
})

test.each<[string, JsonObject, string, string]>([
  ['nothing', {}, 'destructive', 'writes'],
  ['nothing in its annotations', { annotations: {} }, 'destructive', 'writes'],
  ['what is no object', { annotations: 'readOnlyHint' }, 'destructive', 'writes'],
  [
    'what is neither true nor false',
    { annotations: { readOnlyHint: 'true' } },
    'destructive',
    'writes',
  ],
  ['that it only reads', { annotations: { readOnlyHint: true } }, 'pass', 'pass'],
  ['that it destroys nothing', { annotations: { destructiveHint: false } }, 'pass', 'writes'],
  ['that it destroys', { annotations: { destructiveHint: true } }, 'destructive', 'writes'],
  [
    'that it only reads and that it destroys',
    { annotations: { readOnlyHint: true, destructiveHint: true } },
    'destructive',
    'pass',
  ],
])('a tool that says %s: hide_destructive and read_only_only', (_, tool, destructive, writes) => {
  const id = (of: string) => (of === 'pass' ? of : `policy-annotation ${of}`)
  expect(outcome(hides(true, false), tool)).toBe(id(destructive))
  expect(outcome(hides(false, true), tool)).toBe(id(writes))
})

test('a tool that is not permitted is hidden, and one whose annotations are not known is refused for that reason', () => {
  const refused = decide(hides(true, false), {})
  expect([isHidden(refused), isDisguised(refused)]).toEqual([true, true])
  const unknown = decide(hides(false, true), undefined)
  expect(unknown.check).toMatchObject({ id: 'policy-annotation', case: 'unknown' })
  expect([isHidden(unknown), isDisguised(unknown)]).toEqual([true, false])
})

test('the keys of one backend say nothing of the tools of another, nor of prompts', () => {
  const policy = compilePolicy({ places, ...hides(true, true) })
  const subject = { principal: anonymous }
  const status = (kind: 'tool' | 'prompt', backend: string) =>
    policy.decide(subject, { kind, backend, name: 'x' }).check.status
  expect([status('tool', 'files'), status('tool', 'db'), status('prompt', 'files')]).toEqual([
    'fail',
    'pass',
    'pass',
  ])
})

test('another annotation of the same tool is another decision', () => {
  const policy = compilePolicy({ places, ...hides(true, false) })
  const of = (destructiveHint: boolean) =>
    policy.decide(
      { principal: anonymous },
      {
        kind: 'tool',
        backend: 'files',
        name: 'x',
        annotations: toolAnnotationsOf({ annotations: { destructiveHint } }),
      },
    ).check.status
  expect([of(false), of(true), of(false)]).toEqual(['pass', 'fail', 'pass'])
})

describe('a condition', () => {
  const rule = (when: string) => ({
    rules: compileRules([{ effect: 'deny', when, report_only: false }]),
  })

  test.each<[string, JsonObject, string]>([
    ['tool.annotations.destructiveHint', {}, 'policy-rule denied'],
    ['tool.annotations.destructiveHint', { annotations: { readOnlyHint: true } }, 'pass'],
    ['!tool.annotations.readOnlyHint', { annotations: { readOnlyHint: true } }, 'pass'],
    ['tool.annotations.openWorldHint', {}, 'policy-rule denied'],
    ['tool.annotations.idempotentHint', {}, 'pass'],
    ['tool.annotations.destructiveHint && has(args.path)', {}, 'pass'],
  ])('reads %s of %j', (when, tool, wanted) => {
    expect(outcome(rule(when), tool)).toBe(wanted)
  })

  test.each([
    'tool.annotations.destructiveHint',
    'tool.annotations.readOnlyHint == false && args.size() == 0',
    'has(tool.annotations)',
    'tool["annotations"].idempotentHint',
  ])('refuses where it reads annotations that are not known: %s', (when) => {
    expect(outcome(rule(when), undefined)).toBe('policy-annotation unknown')
  })

  test('that reads no annotations does not need them', () => {
    expect(outcome(rule('tool.name == "y"'), undefined)).toBe('pass')
  })

  test('asks for annotations only where one reads them', () => {
    const reads = (when: string) => compilePolicy({ places, ...rule(when) }).readsAnnotations
    expect(reads('tool.annotations.readOnlyHint')).toBe(true)
    expect(reads('tool.name == "y"')).toBe(false)
  })
})
