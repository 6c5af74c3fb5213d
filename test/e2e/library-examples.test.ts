// The examples of the library, run from the packed tarball beside a real authorization server.
import { copyFile, mkdir, symlink } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../support/authorization-server.ts'
import { eventually, repository, startCommandLine, type Started } from '../support/command-line.ts'
import { installPackage, type InstalledPackage } from '../support/installed-package.ts'

const resource = 'http://127.0.0.1:3000/'

let installed: InstalledPackage
let issuer: AuthorizationServer

beforeAll(async () => {
  installed = await installPackage()
  issuer = await startAuthorizationServer()
  const modules = path.join(installed.folder.path, 'node_modules')
  for (const name of ['express', 'fastify']) {
    await symlink(path.join(repository, 'node_modules', name), path.join(modules, name), 'dir')
  }
}, 180_000)

afterAll(async () => {
  await issuer?.close()
  await installed?.folder.remove()
})

interface Example {
  readonly url: string
  /** What it wrote to standard error. */
  log(): string
  stop(): Promise<void>
}

const startExample = async (name: string, env: Record<string, string>): Promise<Example> => {
  const folder = path.join(installed.folder.path, 'examples')
  await mkdir(folder, { recursive: true })
  const program = path.join(folder, name)
  await copyFile(path.join(repository, 'examples', 'library', name), program)
  const started: Started = startCommandLine([], {
    program,
    cwd: installed.folder.path,
    env: { PORT: '0', ...env },
  })
  const url = await eventually(`${name} listens`, () => /^(http:\S+)\n/.exec(started.stdout())?.[1])
  return {
    url,
    log: () => started.stderr(),
    stop: async () => {
      started.kill()
      await started.finished
    },
  }
}

describe.each(['node-protect.mjs', 'express-protect.mjs', 'fastify-protect.mjs'])('%s', (name) => {
  let example: Example
  beforeAll(async () => {
    example = await startExample(name, { ISSUER: issuer.issuer, RESOURCE: resource })
  })
  afterAll(() => example?.stop())

  const ask = (token?: string) =>
    fetch(new URL('/whoami', example.url), {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    })

  test('a good token gets in, and the application knows who calls', async () => {
    const answer = await ask(await issuer.token({ resource }))
    expect([answer.status, await answer.json()]).toEqual([200, { subject: 'asks-for-jwt' }])
  })

  test('without a token there is a challenge that leads to the metadata', async () => {
    const answer = await ask()
    expect(answer.status).toBe(401)
    const at = /resource_metadata="([^"]+)"/.exec(answer.headers.get('www-authenticate') ?? '')?.[1]
    expect(at).toBe('http://127.0.0.1:3000/.well-known/oauth-protected-resource')
    const metadata = await fetch(new URL(new URL(at ?? '').pathname, example.url))
    expect([metadata.status, metadata.headers.get('access-control-allow-origin')]).toEqual([
      200,
      '*',
    ])
    expect(await metadata.json()).toMatchObject({
      resource,
      authorization_servers: [issuer.issuer],
    })
  })

  test('a refused token is refused by the id of its cause, and the reasons stay in the log', async () => {
    const token = await issuer.token({ resource, expiredSecondsAgo: 312 })
    const answer = await ask(token)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"')
    const body = await answer.text()
    expect(JSON.parse(body)).toMatchObject({ error: 'invalid_token', code: 'time-exp' })
    expect(body).not.toContain('312')
    await eventually(
      'the log has the reason',
      () => example.log().includes('time-exp') || undefined,
    )
    expect(example.log()).not.toContain(token)
  })

  test('a token for another resource is refused', async () => {
    const answer = await ask(await issuer.token({ resource: 'https://files.acme.test/mcp' }))
    expect(await answer.json()).toMatchObject({ code: 'claim-aud' })
  })
})
