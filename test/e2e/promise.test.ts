// The product's promise: the validator, the command line and both doors of the proxy give one answer about every token.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { problemCodes, problemSpec } from '../../src/problems/problem.ts'
import { makeTempFolder, type TempFolder } from '../support/command-line.ts'
import { openLab, type Lab, type RealmName } from './promise-lab.ts'
import { openDoors, type Answers } from './promise-runners.ts'
import type { Row } from './promise-row.ts'
import { table } from './promise-table.ts'

let lab: Lab
let folder: TempFolder

const realmNames = [...new Set(table.map((row) => row.realm))]

interface Judging {
  readonly rows: ReadonlyMap<Row, Promise<Answers>>
  /** Settles when all rows are judged and the doors are closed. */
  readonly closed: Promise<void>
}

const judgings = new Map<RealmName, Judging>()

/** Rows of one configuration are judged one after the other: a long-running door may remember failures. */
const judge = (name: RealmName, turn: Promise<unknown>): Judging => {
  const doors = turn.then(() => openDoors(lab, folder, name))
  const rows = new Map<Row, Promise<Answers>>()
  let last: Promise<unknown> = doors
  for (const row of table.filter(({ realm }) => realm === name)) {
    const before = last.catch(() => undefined)
    const answers = before.then(async () => {
      const token = await row.token(lab)
      return (await doors).ask(token, await row.proof?.(lab, token))
    })
    rows.set(row, answers)
    last = answers
  }
  const closed = last.catch(() => undefined).then(async () => (await doors).close())
  for (const promise of [...rows.values(), closed]) promise.catch(() => undefined)
  return { rows, closed }
}

beforeAll(async () => {
  lab = await openLab()
  folder = await makeTempFolder()
  // Two configurations at a time.
  const lanes: Promise<unknown>[] = [Promise.resolve(), Promise.resolve()]
  realmNames.forEach((name, index) => {
    const lane = index % lanes.length
    const judging = judge(name, lanes[lane]!)
    judgings.set(name, judging)
    lanes[lane] = judging.closed.catch(() => undefined)
  })
})

afterAll(async () => {
  await Promise.allSettled([...judgings.values()].map(({ closed }) => closed))
  await lab.close()
  await folder.remove()
})

describe.each(realmNames)('under the configuration %s', { timeout: 120_000 }, (name) => {
  const rows = table.filter((row) => row.realm === name)

  test.each(rows)('$name: $outcome $status $id', async (row) => {
    const expected = { outcome: row.outcome, id: row.id, status: row.status }
    expect(await judgings.get(name)?.rows.get(row)).toEqual({
      validator: expected,
      commandLine: expected,
      proxy: expected,
      verify: expected,
    })
  })

  test('the doors close, and nothing was told that must not be', async () => {
    await expect(judgings.get(name)?.closed).resolves.toBeUndefined()
  })
})

/** Ids that refuse, and why no row can show them as the cause at all doors. */
const elsewhere: Readonly<Record<string, string>> = {
  'in-size': 'node:http refuses headers of that size before anybody reads them',
  'pop-dpop-nonce': 'the command line judges a captured request: it gave out no nonce',
  'pop-dpop-replay': 'the command line judges a captured request: it remembers no proofs',
}

const tokenGroups = [
  'input',
  'structure',
  'signature',
  'claims',
  'time',
  'binding',
  'introspection',
]

test('every check that refuses tokens is the cause of some row', () => {
  const shown = new Set<string>(table.map((row) => row.id ?? ''))
  const missing = problemCodes.filter((code) => {
    const { group, refuses } = problemSpec(code)
    const counts = tokenGroups.includes(group) && refuses !== 'never'
    return counts && !shown.has(code) && !Object.hasOwn(elsewhere, code)
  })
  expect(missing).toEqual([])
})

test('rows are named apart', () => {
  const names = table.map((row) => `${row.realm}: ${row.name}`)
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
})
