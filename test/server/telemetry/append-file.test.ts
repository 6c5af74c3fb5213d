import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
  openSync,
} from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { configSchema } from '../../../src/config/schema.ts'
import { openAppendFile, type FileSystem } from '../../../src/server/telemetry/append-file.ts'
import { createTelemetry } from '../../../src/server/telemetry/telemetry.ts'
import { makeTempFolder, type TempFolder } from '../../support/command-line.ts'
import { createManualClock } from '../../support/manual-clock.ts'

let folder: TempFolder
let file: string
beforeEach(async () => {
  folder = await makeTempFolder()
  file = path.join(folder.path, 'audit.log')
})
afterEach(() => folder.remove())

const real: FileSystem = { openSync, writeSync, renameSync }
const failing = (code: string) => Object.assign(new Error(code), { code })

const open = (options: { max_bytes?: number; keep?: number; path?: string } = {}, files = real) => {
  const clock = createManualClock()
  const said: string[] = []
  const audit = openAppendFile(
    { path: file, max_bytes: 100, keep: 2, ...options },
    clock,
    {
      onLost: (error) => said.push(`lost ${(error as NodeJS.ErrnoException).code}`),
      onWritten: (lost) => said.push(`written after ${lost}`),
      onUnrotated: (error) => said.push(`unrotated ${(error as NodeJS.ErrnoException).code}`),
    },
    files,
  )
  return { ...audit, clock, said }
}
const read = (name = file): readonly string[] =>
  readFileSync(name, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
const lineOf = (n: number): string => `{"n":${n},"x":"${'y'.repeat(20)}"}\n`

describe('the audit file', () => {
  test('has each line when it was written, is for its owner alone, and goes on after a restart', () => {
    const first = open()
    first.write(lineOf(1))
    expect(read()).toHaveLength(1)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    first.close()
    const second = open()
    second.write(lineOf(2))
    expect(read()).toHaveLength(2)
    second.close()
  })

  test('is renamed before it grows beyond its bound; the oldest goes; no line is torn', () => {
    const audit = open()
    for (let n = 0; n < 20; n += 1) audit.write(lineOf(n))
    audit.close()
    expect(readdirSync(folder.path).sort()).toEqual(['audit.log', 'audit.log.1', 'audit.log.2'])
    const kept = [`${file}.2`, `${file}.1`, file].flatMap((name) => {
      expect(statSync(name).size).toBeLessThanOrEqual(100)
      return read(name)
    })
    const numbers = kept.map((line) => (JSON.parse(line) as { n: number }).n)
    expect(numbers).toEqual(
      Array.from({ length: numbers.length }, (_, at) => 20 - numbers.length + at),
    )
    expect(audit.said).toEqual([])
  })

  test('with nothing to keep begins again', () => {
    const audit = open({ keep: 0 })
    for (let n = 0; n < 9; n += 1) audit.write(lineOf(n))
    audit.close()
    expect(readdirSync(folder.path)).toEqual(['audit.log'])
    expect(statSync(file).size).toBeLessThanOrEqual(100)
  })

  test('counts what was there before it was opened', () => {
    const first = open()
    first.write(lineOf(1))
    first.write(lineOf(2))
    first.close()
    const second = open()
    second.write(lineOf(3))
    second.write(lineOf(4))
    second.close()
    expect(readdirSync(folder.path)).toContain('audit.log.1')
  })

  test('on a full device loses lines, says so each time, and does not throw', () => {
    const audit = open({ path: '/dev/full' })
    audit.write(lineOf(1))
    audit.write(lineOf(2))
    audit.close()
    expect(audit.said).toEqual(['lost ENOSPC', 'lost ENOSPC'])
  })

  test('takes half a line back when the disk gets full in the middle of it, and goes on when there is room', () => {
    let room = Infinity
    const files: FileSystem = {
      ...real,
      writeSync: (fd, bytes, offset) => {
        if (room === 0) throw failing('ENOSPC')
        const count = Math.min(room, bytes.length - offset)
        room -= count
        return writeSync(fd, bytes, offset, count)
      },
    }
    const audit = open({ max_bytes: 10_000 }, files)
    audit.write(lineOf(1))
    room = 10
    audit.write(lineOf(2))
    audit.write(lineOf(3))
    room = Infinity
    audit.write(lineOf(4))
    audit.close()
    expect(read().map((line) => (JSON.parse(line) as { n: number }).n)).toEqual([1, 4])
    expect(audit.said).toEqual(['lost ENOSPC', 'lost ENOSPC', 'written after 2'])
  })

  test('that cannot be renamed grows, is tried again after a while, and loses no line', async () => {
    let refused = true
    let tries = 0
    const files: FileSystem = {
      ...real,
      renameSync: (from, to) => {
        tries += 1
        if (refused) throw failing('EACCES')
        renameSync(from, to)
      },
    }
    const audit = open({ keep: 1 }, files)
    for (let n = 0; n < 6; n += 1) audit.write(lineOf(n))
    expect(read()).toHaveLength(6)
    expect([tries, audit.said]).toEqual([1, ['unrotated EACCES']])
    refused = false
    await audit.clock.advance(10_000)
    audit.write(lineOf(6))
    audit.close()
    expect([read(`${file}.1`).length, read().length]).toEqual([6, 1])
  })

  test('of which the next cannot be opened after it was renamed goes on in the old one, and drops no older one', async () => {
    let opens = 0
    let refused = true
    const files: FileSystem = {
      ...real,
      openSync: (name, flags, mode) => {
        opens += 1
        if (opens > 1 && refused) throw failing('EMFILE')
        return openSync(name, flags, mode)
      },
    }
    const audit = open({ keep: 2 }, files)
    for (let n = 0; n < 3; n += 1) audit.write(lineOf(n))
    for (let round = 0; round < 4; round += 1) {
      await audit.clock.advance(10_000)
      audit.write(lineOf(10 + round))
    }
    refused = false
    await audit.clock.advance(10_000)
    audit.write(lineOf(99))
    audit.close()
    expect(read(`${file}.1`)).toHaveLength(7)
    expect(read()).toHaveLength(1)
  })

  test('that another program moved or removed is begun again', async () => {
    const audit = open()
    audit.write(lineOf(1))
    renameSync(file, `${file}.moved`)
    await audit.clock.advance(1000)
    audit.write(lineOf(2))
    audit.close()
    expect([read(`${file}.moved`).length, read().length]).toEqual([1, 1])
  })
})

describe('the configuration', () => {
  const settings = (observability: object) => configSchema.shape.observability.parse(observability)
  const start = (observability: object) => {
    const lines: string[] = []
    const clock = createManualClock()
    const telemetry = createTelemetry(settings(observability), clock, {
      logTo: { write: (line) => lines.push(line) },
    })
    return { ...telemetry, lines }
  }

  test('names a file that takes audit lines alone, as JSON, whatever the log level and form', async () => {
    const { log, lines, close } = start({ log_level: 'error', audit_file: { path: file } })
    log.info({ event: 'audit', outcome: 'ok' }, 'call')
    log.info({ event: 'other' }, 'not for the file')
    log.warn({}, 'neither')
    await close()
    expect(read().map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({ event: 'audit', outcome: 'ok', msg: 'call' }),
    ])
    expect(lines).toEqual([])
  })

  test('that names a file in no folder is refused, and so is a reload that does', async () => {
    const nowhere = path.join(folder.path, 'none', 'audit.log')
    expect(() => start({ audit_file: { path: nowhere } })).toThrow(/audit_file\.path.*ENOENT/)
    const { use, log, close } = start({ audit_file: { path: file } })
    expect(() => use(settings({ audit_file: { path: nowhere } }))).toThrow(/ENOENT/)
    log.info({ event: 'audit' }, 'call')
    await close()
    expect(read()).toHaveLength(1)
  })

  test('that another one replaces moves to the other file', async () => {
    const { use, log, close } = start({ audit_file: { path: file } })
    mkdirSync(path.join(folder.path, 'b'))
    const other = path.join(folder.path, 'b', 'audit.log')
    use(settings({ audit_file: { path: other } }))
    log.info({ event: 'audit' }, 'call')
    await close()
    expect([read().length, read(other).length]).toEqual([0, 1])
  })

  test('whose file is on a full disk says so once in the log and counts each line that is lost', async () => {
    const { log, lines, metrics, close } = start({ audit_file: { path: '/dev/full' } })
    for (let n = 0; n < 3; n += 1) log.info({ event: 'audit', n }, 'call')
    expect(lines.filter((line) => line.includes('audit lines are lost'))).toHaveLength(1)
    expect(lines.filter((line) => line.includes('event=audit'))).toHaveLength(3)
    expect(await metrics?.()).toContain('mcp_proxy_audit_lines_lost_total 3')
    await close()
  })
})
