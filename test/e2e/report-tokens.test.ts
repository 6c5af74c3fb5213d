// `validate` and `introspect --format html`: the refusal as a page, without the token in it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../support/authorization-server.ts'
import { makeTempFolder, runCommandLine, type TempFolder } from '../support/command-line.ts'
import { hasChromium } from '../support/person.ts'
import { startReader, type Reader } from '../support/report-page.ts'
import { testAudience } from '../support/tokens.ts'

let issuer: AuthorizationServer
let folder: TempFolder
let expectation: string[]
let client: string[]
let expired: string

const html = async (args: readonly string[], stdin: string): Promise<string> =>
  (await runCommandLine([...args, '--format', 'html'], { cwd: folder.path, stdin })).stdout

const expectWithout = (page: string, token: string): void => {
  for (const part of token.split('.')) expect(page).not.toContain(part)
  expect(page).not.toContain(issuer.clientSecret)
}

beforeAll(async () => {
  ;[issuer, folder] = await Promise.all([startAuthorizationServer(), makeTempFolder()])
  expired = await issuer.token({ expiredSecondsAgo: 312 })
  const secret = await folder.write('secret', issuer.clientSecret)
  expectation = ['--issuer', issuer.issuer, '--audience', testAudience]
  client = ['--client-id', issuer.clientId, '--client-secret-file', secret]
})

afterAll(async () => {
  await Promise.all([issuer?.close(), folder?.remove()])
})

test('an opaque token that is asked about: neither it nor the secret is in the page', async () => {
  const token = await issuer.token({ format: 'opaque' })
  const page = await html(['introspect', ...expectation, ...client, '-'], token)
  expect(page).toContain('ACCEPTED')
  expect(page).toContain('token=[secret]')
  expectWithout(page, token)
})

describe.skipIf(!hasChromium && process.env['CI'] === undefined)('in Chromium', () => {
  let reader: Reader

  beforeAll(async () => {
    reader = await startReader()
  })

  afterAll(async () => {
    await reader?.close()
  })

  test.each([1280, 400])(
    'a refusal, %d wide: cause, path, the claim that is wrong',
    async (width) => {
      const page = await html(['validate', ...expectation, '-'], expired)
      expectWithout(page, expired)
      const open = await reader.open(page, { width })
      await open.picture(`validate-${String(width)}`)
      expect(await open.page.locator('.mark').innerText()).toBe('REJECTED')
      expect(await open.page.locator('.cause').innerText()).toMatch(/time-exp[\s\S]*fix/)
      expect(await open.page.locator('#token .wrong').allInnerTexts()).toEqual(['✗ exp'])
      const boxes = await open.page.locator('svg.wide .name').allTextContents()
      expect(boxes).toEqual(['Token', 'Authorization server', 'Keys and signature', 'serve'])
      expect(await open.page.locator('#answer').innerText()).toContain('401')
      expect(open.asked).toEqual([])
      expect(open.complaints).toEqual([])
      expect(await open.violations()).toEqual([])
      await open.page.close()
    },
  )

  test('several tokens are rows; a decoded one shows what it says alone', async () => {
    const good = await issuer.token()
    const several = await reader.open(
      await html(['validate', ...expectation, '-'], `${good}\n${expired}\n`),
    )
    await several.picture('validate-several')
    expect(await several.page.locator('#tokens tbody tr').count()).toBe(2)
    expect(await several.violations()).toEqual([])
    const decoded = await reader.open(await html(['validate', '--decode-only', '-'], good))
    expect(await decoded.page.locator('.mark').innerText()).toBe('UNVERIFIED')
    expect(await decoded.page.locator('#path').count()).toBe(0)
    expect(await decoded.violations()).toEqual([])
  })
})
