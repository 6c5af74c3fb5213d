// What is named as a file and is none, and what comes through a pipe.
import { execFileSync } from 'node:child_process'
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Clock } from '../../src/base/clock.ts'
import { pipePatience, readFileOrPipe, readRegularFile } from '../../src/base/read-file.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'read-file-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const at = (name: string): string => path.join(folder, name)
const bounds = { maxBytes: 4096 }

const pipe = (name: string): string => {
  execFileSync('/bin/sh', ['-c', 'mkfifo "$1"', 'sh', at(name)])
  return at(name)
}

/** Time passes while it is waited for; `meanwhile` happens at each wait. */
const waitingClock = (meanwhile: (now: number) => void = () => undefined): Clock => {
  let now = 0
  return {
    now: () => now,
    elapsed: () => now,
    sleep: (ms) => {
      now += ms
      meanwhile(now)
      return Promise.resolve()
    },
  }
}

const textOf = (read: Awaited<ReturnType<typeof readFileOrPipe>>): string =>
  'why' in read ? `refused: ${read.why}` : read.bytes.toString('utf8')

describe.skipIf(process.platform === 'win32')('what is no file', () => {
  it('is refused in words, whoever asks', async () => {
    mkdirSync(at('folder'))
    const socket = createServer()
    await new Promise<void>((done) => socket.listen(at('socket'), done))
    try {
      for (const [name, why] of [
        [at('folder'), 'it is a folder'],
        [at('socket'), 'it is a socket, not a file'],
        ['/dev/zero', 'it is a device, not a file'],
        ['/dev/null', 'it is a device, not a file'],
        [at('nowhere'), 'no such file'],
        ['nul\0byte', 'no such file'],
        [path.join('/proc/self/exe', 'below'), 'a part of its path is not a folder'],
      ] as const) {
        expect([name, textOf(readRegularFile(name, bounds))]).toEqual([name, `refused: ${why}`])
        expect([name, textOf(await readFileOrPipe(name, bounds))]).toEqual([
          name,
          `refused: ${why}`,
        ])
      }
    } finally {
      socket.close()
    }
  })

  it('is refused at once where only files are read, a pipe without a writer included', () => {
    expect(textOf(readRegularFile(pipe('unread'), bounds))).toBe(
      'refused: it is a pipe, not a file',
    )
  })
})

describe('a file', () => {
  it('is read to its last byte', async () => {
    writeFileSync(at('full'), 'x'.repeat(4096))
    expect(textOf(await readFileOrPipe(at('full'), bounds))).toHaveLength(4096)
    expect(textOf(readRegularFile(at('full'), bounds))).toHaveLength(4096)
  })

  it('of one byte too many is refused', async () => {
    writeFileSync(at('large'), 'x'.repeat(4097))
    expect(textOf(await readFileOrPipe(at('large'), bounds))).toBe(
      'refused: it is larger than 4096 bytes',
    )
  })

  it.skipIf(process.platform !== 'linux')('that says it is empty and is not is bounded too', () => {
    expect(textOf(readRegularFile('/proc/self/status', { maxBytes: 16 }))).toBe(
      'refused: it is larger than 16 bytes',
    )
  })
})

describe.skipIf(process.platform === 'win32')('a pipe', () => {
  it('gives what is written to it in pieces, by a writer who comes late', async () => {
    const name = pipe('late')
    let fd: number | undefined
    const clock = waitingClock((now) => {
      if (now === 1000) fd = openSync(name, constants.O_WRONLY)
      if ((now === 2000 || now === 3000) && fd !== undefined) writeSync(fd, `at ${now} `)
      if (now === 4000 && fd !== undefined) closeSync(fd)
    })
    expect(textOf(await readFileOrPipe(name, bounds, clock))).toBe('at 2000 at 3000 ')
  })

  it('that nobody opens is given up', async () => {
    const clock = waitingClock()
    expect(textOf(await readFileOrPipe(pipe('lonely'), bounds, clock))).toBe(
      'refused: it is a pipe, and nothing came through it within 5 seconds',
    )
    expect(clock.now()).toBe(pipePatience.unopened)
  })

  it('whose writer never writes is given up later', async () => {
    const name = pipe('silent')
    const reader = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK)
    const writer = openSync(name, constants.O_WRONLY)
    try {
      expect(textOf(await readFileOrPipe(name, bounds, waitingClock()))).toBe(
        'refused: it is a pipe, and nothing came through it within 30 seconds',
      )
    } finally {
      closeSync(writer)
      closeSync(reader)
    }
  })

  it('whose writer never ends is given up', async () => {
    const name = pipe('endless')
    const reader = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK)
    const writer = openSync(name, constants.O_WRONLY)
    writeSync(writer, 'a beginning')
    try {
      expect(textOf(await readFileOrPipe(name, bounds, waitingClock()))).toContain('has no end')
      writeSync(writer, 'x'.repeat(5000))
      expect(textOf(await readFileOrPipe(name, bounds, waitingClock()))).toContain('larger than')
    } finally {
      closeSync(writer)
      closeSync(reader)
    }
  })
})
