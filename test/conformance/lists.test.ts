// A run through the proxy is held against the one without it, and what is weaker against the committed list.
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { compare } from '../../conformance/expected.ts'
import {
  count,
  failures,
  readOutcome,
  weakerThan,
  type Outcome,
} from '../../conformance/outcome.ts'
import { makeTempFolder } from '../support/command-line.ts'

type Written = readonly (readonly [id: string, status: string, errorMessage?: string])[]

/** Reads results that were written as the suite writes them. */
const outcomeOf = async (scenarios: Readonly<Record<string, Written | undefined>>) => {
  const folder = await makeTempFolder()
  try {
    for (const [scenario, checks] of Object.entries(scenarios)) {
      const results = path.join(folder.path, `server-${scenario}-2026-11-25T22-46-26-379Z`)
      await mkdir(results)
      if (checks === undefined) continue
      const text = checks.map(([id, status, errorMessage]) => ({ id, status, errorMessage }))
      await writeFile(path.join(results, 'checks.json'), JSON.stringify(text))
    }
    return await readOutcome(folder.path)
  } finally {
    await folder.remove()
  }
}

const entries = (weak: ReturnType<typeof failures>) =>
  weak.map(({ entry, status }) => `${entry} ${status}`)

const direct = (): Promise<Outcome> =>
  outcomeOf({
    ping: [['ping', 'SUCCESS']],
    'server-stateless': [
      ['listens', 'SUCCESS'],
      ['warns', 'WARNING'],
    ],
  })

test('what succeeds on both sides is not weaker, nor is what was never strong', async () => {
  expect(weakerThan(await direct(), await direct())).toEqual([])
})

test('a check that fails, is skipped or is not made any more is weaker', async () => {
  const reference = await outcomeOf({
    a: [['fails', 'SUCCESS']],
    b: [['is-skipped', 'SUCCESS']],
    c: [['is-gone', 'SUCCESS']],
    d: [['is-gone-too', 'SUCCESS']],
  })
  const proxied = await outcomeOf({
    a: [['fails', 'FAILURE', 'why']],
    b: [['is-skipped', 'SKIPPED']],
    c: [['is-gone', 'INFO']],
  })
  expect(entries(weakerThan(reference, proxied))).toEqual([
    'a:fails FAILURE',
    'b:is-skipped SKIPPED',
    'c:is-gone MISSING',
    'd:is-gone-too MISSING',
  ])
})

test('a check that succeeds less often is weaker', async () => {
  const often = await outcomeOf({
    headers: [
      ['named', 'SUCCESS'],
      ['named', 'SUCCESS'],
      ['named', 'SKIPPED'],
    ],
  })
  const seldom = await outcomeOf({
    headers: [
      ['named', 'SUCCESS'],
      ['named', 'SKIPPED'],
      ['named', 'SKIPPED'],
    ],
  })
  expect(entries(weakerThan(often, seldom))).toEqual(['headers:named SKIPPED'])
  expect(weakerThan(seldom, often)).toEqual([])
})

test('a failure under an id that only the proxied run has is weaker too', async () => {
  const proxied = await outcomeOf({
    ping: [
      ['ping', 'SUCCESS'],
      ['general', 'FAILURE'],
    ],
    'server-stateless': [['listens', 'SUCCESS']],
  })
  expect(entries(weakerThan(await direct(), proxied))).toEqual(['ping:general FAILURE'])
})

test('of several results under one id the worst counts', async () => {
  const outcome = await outcomeOf({
    ping: [
      ['ping', 'SUCCESS'],
      ['ping', 'FAILURE', 'the second time'],
      ['ping', 'SUCCESS'],
    ],
  })
  expect(failures(outcome)).toMatchObject([{ entry: 'ping:ping', message: 'the second time' }])
  expect(count(outcome)).toEqual({ clean: 0, scenarios: 1, passed: 2, checks: 3 })
})

test('a scenario that left no results has failed', async () => {
  expect(entries(failures(await outcomeOf({ ping: undefined })))).toEqual(['ping:finishes FAILURE'])
})

test('a list fails when it is too short, and when it is too long', async () => {
  const weak = failures(await outcomeOf({ ping: [['ping', 'FAILURE']] }))
  expect(compare(['ping:ping'], weak)).toEqual({ unlisted: [], stale: [] })
  expect(compare([], weak)).toMatchObject({ unlisted: [{ entry: 'ping:ping' }], stale: [] })
  expect(compare(['ping:ping', 'tools-list:tools-list'], weak)).toEqual({
    unlisted: [],
    stale: ['tools-list:tools-list'],
  })
})
