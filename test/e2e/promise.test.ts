// The product's promise: the validator, the command line and the proxy give one answer about every token.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isProblemCode } from '../../src/base/problem.ts'
import { makeTempFolder, type TempFolder } from '../support/command-line.ts'
import { openLab, type Lab, type RealmName } from './promise-lab.ts'
import {
  openCommandLine,
  openProxy,
  openValidator,
  writeConfig,
  type OpenDoor,
} from './promise-runners.ts'
import { table } from './promise-table.ts'

let lab: Lab
let folder: TempFolder

beforeAll(async () => {
  lab = await openLab()
  folder = await makeTempFolder()
})

afterAll(async () => {
  await lab.close()
  await folder.remove()
})

const realmNames = [...new Set(table.map((row) => row.realm))]

describe.each(realmNames)('under the configuration %s', (name: RealmName) => {
  let doors: Record<'validator' | 'commandLine' | 'proxy', OpenDoor>

  beforeAll(async () => {
    const realm = lab.realms[name]
    const configFile = await writeConfig(folder, name, realm)
    doors = {
      validator: await openValidator(lab, realm),
      commandLine: openCommandLine(lab, configFile),
      proxy: await openProxy(lab, configFile),
    }
  })

  afterAll(async () => {
    await Promise.all(Object.values(doors ?? {}).map((door) => door.close()))
  })

  const rows = table.filter((row) => row.realm === name)

  test.each(rows)('$name: $outcome $status $id', async (row) => {
    const token = await row.token(lab)
    const expected = { outcome: row.outcome, id: row.id, status: row.status }
    const [validator, commandLine, proxy] = await Promise.all([
      doors.validator.ask(token),
      doors.commandLine.ask(token),
      doors.proxy.ask(token),
    ])
    expect({ validator, commandLine, proxy }).toEqual({
      validator: expected,
      commandLine: expected,
      proxy: expected,
    })
  })
})

test('the table is wide enough to mean something', () => {
  expect(table.length).toBeGreaterThanOrEqual(40)
  const ids = table.flatMap((row) => (row.id === undefined ? [] : [row.id]))
  expect(ids.filter((id) => !isProblemCode(id))).toEqual([])
})
