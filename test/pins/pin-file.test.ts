import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { changePins, isPins, readPins, withTools } from '../../src/pins/pin-file.ts'
import { makeTempFolder, type TempFolder } from '../support/command-line.ts'

let folder: TempFolder
beforeEach(async () => {
  folder = await makeTempFolder()
})
afterEach(() => folder.remove())

const fileHere = () => join(folder.path, 'pins.json')

const add = (backend: string, tool: string) =>
  changePins(fileHere(), systemClock, (pins) =>
    withTools(pins, backend, new Map([...(pins.get(backend) ?? []), [tool, { name: tool }]])),
  )

test('without a file there are no pins, and the first change makes one for its owner alone', async () => {
  expect(readPins(fileHere())).toEqual(new Map())
  await add('files', 'read')
  expect(readPins(fileHere())).toEqual(new Map([['files', new Map([['read', { name: 'read' }]])]]))
  expect(statSync(fileHere()).mode & 0o777).toBe(0o600)
})

test('the mode that the owner gave it stays', async () => {
  await add('files', 'read')
  chmodSync(fileHere(), 0o644)
  await add('files', 'stat')
  expect(statSync(fileHere()).mode & 0o777).toBe(0o644)
})

test('the same pins are the same bytes, in whatever order they were made', async () => {
  await add('b', 'z')
  await add('b', 'a')
  await add('a', 'x')
  const first = readFileSync(fileHere(), 'utf8')
  writeFileSync(fileHere(), '{"version":1,"backends":{}}')
  await add('a', 'x')
  await add('b', 'a')
  await add('b', 'z')
  expect(readFileSync(fileHere(), 'utf8')).toBe(first)
})

test('a tool with the name of a prototype is pinned like others', async () => {
  await add('files', '__proto__')
  const read = readPins(fileHere())
  expect(isPins(read) && read.get('files')?.has('__proto__')).toBe(true)
})

test('many changes at one time lose none', async () => {
  await Promise.all(Array.from({ length: 8 }, (_, n) => add('files', `tool-${n}`)))
  const read = readPins(fileHere())
  expect(isPins(read) && read.get('files')?.size).toBe(8)
  expect(existsSync(`${fileHere()}.lock`)).toBe(false)
})

describe('a file that cannot be used', () => {
  test.each([
    ['no JSON', '{', /^The pin file .* cannot be used: it is no JSON/],
    ['another version', '{"version":2,"backends":{}}', /version: must be 1$/],
    ['no backends', '{"version":1}', /backends: must be an object$/],
    ['a backend that is a list', '{"version":1,"backends":{"a":[]}}', /backends\.a: must be/],
    ['a tool that is a text', '{"version":1,"backends":{"a":{"x":""}}}', /backends\.a\.x: must be/],
    ['a member twice', '{"version":1,"version":1,"backends":{}}', /a member is there twice$/],
  ])('%s', (_what, text, said) => {
    writeFileSync(fileHere(), text, { mode: 0o600 })
    const read = readPins(fileHere())
    expect(isPins(read) ? '' : read.detail).toMatch(said)
  })

  test('one that others may write', async () => {
    await add('files', 'read')
    chmodSync(fileHere(), 0o666)
    expect(readPins(fileHere())).toMatchObject({ code: 'pin-file', case: 'writable' })
    expect(await add('files', 'stat')).toMatchObject({ code: 'pin-file', case: 'writable' })
  })

  test('a folder', () => {
    mkdirSync(fileHere())
    expect(readPins(fileHere())).toMatchObject({ code: 'pin-file', case: 'unreadable' })
  })

  test('one whose folder is not there', async () => {
    const nowhere = join(folder.path, 'none', 'pins.json')
    const changed = await changePins(nowhere, systemClock, (pins) => pins)
    expect(changed).toMatchObject({ code: 'pin-file', case: 'unwritable' })
  })

  test('one that another program changes', async () => {
    await add('files', 'read')
    mkdirSync(`${fileHere()}.lock`)
    const quick = { ...systemClock, sleep: async () => undefined }
    const changed = await changePins(fileHere(), quick, (pins) => pins)
    expect(changed).toMatchObject({ code: 'pin-file', case: 'busy' })
  })
})
