// `completion` in the shells themselves: what each offers, with names that only this machine knows.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { problemCodes } from '../../src/problems/problem.ts'
import { binary, makeTempFolder, type TempFolder } from '../support/command-line.ts'
import { createRecorder } from '../support/reports.ts'

const recorder = createRecorder()
const run = promisify(execFile)
const mustHave = process.env['CI'] !== undefined

let folder: TempFolder
let env: Record<string, string>

const scriptFor = async (shell: string): Promise<string> => {
  const { stdout } = await recorder.run(['completion', shell])
  return folder.write(`completion.${shell}`, stdout)
}

beforeAll(async () => {
  folder = await makeTempFolder()
  const bin = path.join(folder.path, 'bin')
  await mkdir(bin)
  const program = await folder.write(
    'bin/mcp-proxy',
    `#!/bin/sh\nexec ${process.execPath} ${binary} "$@"\n`,
  )
  await chmod(program, 0o755)
  env = {
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    HOME: folder.path,
    XDG_STATE_HOME: path.join(folder.path, 'state'),
    NO_COLOR: '1',
    TERM: 'dumb',
  }
  await folder.write('keys.json', '{}')
  await folder.write('proxy.toml', '[[backends]]\nname = "files"\n[[backends]]\nname = "search"\n')
  // A login that cannot be read has a name all the same.
  const logins = path.join(folder.path, 'state', 'mcp-proxy', 'logins')
  await mkdir(logins, { recursive: true, mode: 0o700 })
  await folder.write('state/mcp-proxy/logins/work.json', '{}')
  await chmod(path.join(logins, 'work.json'), 0o600)
})

afterAll(() => folder?.remove())

test('--names: stored logins and backends of ./proxy.toml, nothing where there are none', async () => {
  const names = (kind: string, cwd = folder.path) =>
    recorder.run(['completion', '--names', kind], { cwd, env })
  expect((await names('backends')).stdout).toBe('files\nsearch\n')
  expect((await names('stores')).stdout).toBe('work\n')
  expect(await names('backends', path.join(folder.path, 'bin'))).toMatchObject({
    exitCode: 0,
    stdout: '\n',
    stderr: '',
  })
  await recorder.report('completion', ['completion', '--names', 'backends'], {
    cwd: folder.path,
    env,
  })
})

describe('bash', () => {
  let script: string

  beforeAll(async () => {
    script = await scriptFor('bash')
  })

  /** What bash would offer for the last of the words. */
  const offered = async (...words: string[]): Promise<string[]> => {
    const program = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mcp_proxy; printf '%s\\n' "\${COMPREPLY[@]}"`
    const args = ['--norc', '-c', program, 'bash', script, 'mcp-proxy', ...words]
    const { stdout } = await run('bash', args, { cwd: folder.path, env })
    return stdout.split('\n').filter((word) => word !== '')
  }

  test.each([
    [['va'], ['validate']],
    [
      ['help', 'in'],
      ['init', 'introspect'],
    ],
    [['validate', '--strategy', 'b'], ['both']],
    [['validate', '--jwks-file', 'key'], ['keys.json']],
    [['validate', '@key'], ['@keys.json']],
    [['validate', '--decode'], ['--decode-only']],
    [['discover', '--fail-on', 'me'], ['medium']],
    [['explain', 'intro-aud'], ['intro-aud']],
    [['completion', 'f'], ['fish']],
    [['validate', '--issuer', ''], []],
    [['validate', '--store', ''], ['work']],
    [['logout', ''], ['work']],
    [
      ['tools', ''],
      ['files', 'search'],
    ],
    [['doctor', '--only', 'key'], ['keys']],
    [['doctor', '--only', 'keys,intro'], ['keys,introspection']],
  ])('offers for %j: %j', async (words, expected) => {
    expect(await offered(...words)).toEqual(expected)
  })
})

describe.skipIf(!existsSync('/usr/bin/fish') && !mustHave)('fish', () => {
  let script: string

  beforeAll(async () => {
    script = await scriptFor('fish')
  })

  test.each([
    ['mcp-proxy va', ['validate']],
    ['mcp-proxy discover --fail-on me', ['medium']],
    ['mcp-proxy validate --store ', ['work']],
    ['mcp-proxy tools ', ['files', 'search']],
    ['mcp-proxy doctor --only keys,intro', ['keys,introspection']],
    ['mcp-proxy explain intro-aud', ['intro-aud']],
  ])('offers for "%s": %j', async (line, expected) => {
    const program = 'source $argv[1]; complete --do-complete $argv[2]'
    const { stdout } = await run('fish', ['--no-config', '-c', program, script, line], {
      cwd: folder.path,
      env,
    })
    const words = stdout.split('\n').flatMap((one) => (one === '' ? [] : [one.split('\t')[0]]))
    expect(words).toEqual(expected)
  })
})

describe.skipIf(!existsSync('/usr/bin/zsh') && !mustHave)('zsh', () => {
  test('the script is loaded, and zsh knows whom it completes', async () => {
    const script = await scriptFor('zsh')
    const program =
      'autoload -Uz compinit; compinit -D -u; source $1; print -r -- $_comps[mcp-proxy]'
    const { stdout, stderr } = await run('zsh', ['-f', '-c', program, 'zsh', script], {
      cwd: folder.path,
      env,
    })
    expect({ stdout, stderr }).toEqual({ stdout: '_mcp_proxy\n', stderr: '' })
  })

  /** A terminal of zsh's own, in which Tab is pressed: what the line becomes. */
  test.each([
    ['mcp-proxy valid', 'mcp-proxy validate '],
    ['mcp-proxy validate --store w', 'mcp-proxy validate --store work '],
    ['mcp-proxy tools fi', 'mcp-proxy tools files '],
    ['mcp-proxy discover --fail-on me', 'mcp-proxy discover --fail-on medium '],
  ])('Tab after "%s" makes it "%s"', async (line, expected) => {
    const script = await scriptFor('zsh')
    const program = `
      zmodload zsh/zpty
      zpty -b shell zsh -f -i
      zpty -w shell "autoload -Uz compinit; compinit -D -u; source $1; PROMPT=; unsetopt prompt_cr prompt_sp"
      zpty -w shell 'show() { print -r -- "<$BUFFER>" > result; }; zle -N show; bindkey "^T" show; print ready > state.txt'
      for i in {1..200}; do [[ -s state.txt ]] && break; zselect -t 5 2>/dev/null || sleep 0.05; done
      zpty -w -n shell "$2"$'\\t'
      for i in {1..200}; do zpty -w -n shell $'\\x14'; sleep 0.05; [[ "$(<result)" == "<$3>" ]] && break; done 2>/dev/null
      cat result`
    const { stdout } = await run('zsh', ['-f', '-c', program, 'zsh', script, line, expected], {
      cwd: folder.path,
      env: { ...env, TERM: 'xterm' },
      timeout: 30_000,
    })
    expect(stdout).toBe(`<${expected}>\n`)
  })
})

describe('every shell', () => {
  test.each(['bash', 'zsh', 'fish', 'powershell'])(
    '%s: every command and every flag is there',
    async (shell) => {
      const { exitCode, stdout } = await recorder.run(['completion', shell])
      expect(exitCode).toBe(0)
      const others = ['login', 'logout', 'serve', 'explain', 'completion']
      for (const word of ['discover', 'introspect', 'validate', ...others]) {
        expect(stdout).toContain(word)
      }
      for (const flag of ['issuer', 'jwks-file', 'fail-on', 'check', 'json']) {
        expect(stdout).toContain(flag)
      }
      for (const code of problemCodes) expect(stdout).toContain(code)
      await recorder.report('completion', ['completion', shell])
    },
  )

  test.each([[[]], [['tcsh']], [['bash', 'zsh']]])('%j: exit 2', async (words) => {
    const { exitCode, stdout, stderr } = await recorder.run(['completion', ...words])
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toMatch(/hint/)
  })
})
