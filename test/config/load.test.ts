// Files that are read, and files that cannot be.
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { UsageError, type UsageProblem } from '../../src/problems/usage-error.ts'
import { loadConfig } from '../../src/config/load.ts'
import { minimal } from './reading.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcp-proxy-config-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const put = async (name: string, content: string | Uint8Array, mode = 0o600): Promise<string> => {
  const file = join(folder, name)
  await writeFile(file, content)
  await chmod(file, mode)
  return file
}

const refusal = async (file: string): Promise<UsageProblem | undefined> => {
  const error: unknown = await loadConfig(file, {}).catch((reason: unknown) => reason)
  if (!(error instanceof UsageError)) throw new Error('was not refused', { cause: error })
  expect(error.problems).toHaveLength(1)
  return error.problems[0]
}

const yaml = 'proxy: {name: desk}\nbackends: [{name: a, transport: stdio, command: x}]\n'
const json = JSON.stringify({
  proxy: { name: 'desk' },
  backends: [{ name: 'a', transport: 'stdio', command: 'x' }],
})

it.each([
  ['good.toml', minimal],
  ['good.yaml', yaml],
  ['good.yml', yaml],
  ['good.YAML', yaml],
  ['good.json', json],
  ['good.conf', minimal],
  ['good', minimal],
])('%s is read by its extension, TOML where it says nothing', async (name, text) => {
  const file = await put(name, text)
  const loaded = await loadConfig(file, {})
  expect(loaded.file).toBe(file)
  expect(loaded.config.proxy.name).toBe('desk')
})

it('the environment is the one that was given', async () => {
  const file = await put('env.toml', minimal.replace('"desk"', '"${DESK}"'))
  expect((await loadConfig(file, { DESK: 'given' })).config.proxy.name).toBe('given')
})

describe('a file that cannot be read', () => {
  it('is missing: a near name beside it is suggested', async () => {
    await put('proxy-main.toml', minimal)
    const file = join(folder, 'proxy-mian.toml')
    expect(await refusal(file)).toEqual({
      code: 'config-file',
      case: 'similar',
      message: `Cannot read ${file}: no such file`,
      place: { file },
      hint: `did you mean ${join(folder, 'proxy-main.toml')}?`,
    })
  })

  it('is missing: the same name under another extension is suggested', async () => {
    await put('gateway.yaml', yaml)
    expect((await refusal(join(folder, 'gateway.toml')))?.hint).toContain('gateway.yaml')
  })

  it('is missing, and nothing is near', async () => {
    const file = join(folder, 'nowhere', 'x.toml')
    expect(await refusal(file)).toMatchObject({ code: 'config-file', place: { file } })
  })

  it('is a folder', async () => {
    await mkdir(join(folder, 'folder.toml'))
    expect((await refusal(join(folder, 'folder.toml')))?.message).toContain('it is a folder')
  })

  it('has a file where a folder should be', async () => {
    const file = await put('plain.toml', minimal)
    expect((await refusal(join(file, 'x.toml')))?.code).toBe('config-file')
  })

  it('points at itself', async () => {
    await symlink(join(folder, 'loop.toml'), join(folder, 'loop.toml'))
    expect((await refusal(join(folder, 'loop.toml')))?.message).toContain(
      'a symbolic link that is not followed',
    )
  })

  it('is not UTF-8', async () => {
    const file = await put('latin.toml', Uint8Array.from([0x61, 0xff, 0xfe]))
    expect((await refusal(file))?.message).toContain('it is not UTF-8 text')
  })

  it('is larger than any configuration', async () => {
    const file = await put('large.toml', '#'.repeat(1_048_577))
    expect((await refusal(file))?.message).toContain('larger than 1048576 bytes')
  })
})

describe('secrets in a file', () => {
  const secretive = `${minimal}\n[security]\nadmin_token = "literal-admin-token-1"\n`

  it.each([0o644, 0o640, 0o604])('that others can read (%o) are warned of', async (mode) => {
    const file = await put(`open-${mode}.toml`, secretive, mode)
    const { warnings } = await loadConfig(file, {})
    expect(warnings.map(({ code }) => code)).toEqual(['config-secret-literal', 'config-file-mode'])
    expect(warnings[1]).toMatchObject({
      place: { file },
      hint: expect.stringContaining('chmod 600'),
    })
  })

  it('that only the owner can read are warned of once', async () => {
    const { warnings } = await loadConfig(await put('own.toml', secretive), {})
    expect(warnings.map(({ code }) => code)).toEqual(['config-secret-literal'])
  })

  it('that come from variables leave nothing to warn of', async () => {
    const text = secretive.replace('literal-admin-token-1', '${ADMIN}')
    const { warnings } = await loadConfig(await put('var.toml', text, 0o644), { ADMIN: 'x' })
    expect(warnings).toEqual([])
  })
})
