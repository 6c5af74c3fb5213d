// `explain` as it is run: offline, complete, and in the words of the catalogue.
import { examplesOf } from '../../src/problems/examples.ts'
import { describe, expect, test } from 'vitest'
import { problemCodes, problemSpec } from '../../src/problems/problem.ts'
import { makeTempFolder } from '../support/command-line.ts'
import { createRecorder } from '../support/reports.ts'

const recorder = createRecorder()

describe('explain', () => {
  test('the page of one check says all that the catalogue knows', async () => {
    const { exitCode, stdout, stderr } = await recorder.run(['explain', 'claim-aud'])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    const { title, spec } = problemSpec('claim-aud')
    const sentences = examplesOf('claim-aud').flatMap(({ message, hint }) => [message, hint])
    for (const text of ['claim-aud', 'fatal', title, ...sentences, spec, 'HTTP 401']) {
      expect(stdout).toContain(text)
    }
    expect(stdout).toMatch(/related .*claim-aud-near-miss/)
    expect(stdout).toMatch(/next .*mcp-proxy validate/)
  })

  test('without a word: every check under its group', async () => {
    const { exitCode, stdout } = await recorder.run(['explain'])
    expect(exitCode).toBe(0)
    for (const code of problemCodes) expect(stdout).toContain(`\n  ${code} `)
    const { report } = await recorder.report('explain', ['explain'])
    expect(report).toMatchObject({ query: null, exact: false })
    expect(report['checks']).toHaveLength(problemCodes.length)
  })

  test('words are looked for in ids first, then in titles and texts', async () => {
    const { exitCode, report } = await recorder.report('explain', ['explain', 'Audience'])
    expect(exitCode).toBe(0)
    const ids = (report['checks'] as unknown as { id: string }[]).map(({ id }) => id)
    expect(ids).toContain('claim-aud')
    expect(ids).not.toContain('time-exp')
    const two = await recorder.report('explain', ['explain', 'signing', 'key'])
    expect((two.report['checks'] as unknown as { id: string }[])[0]?.id).toBe('sig-kid-found')
    const id = await recorder.report('explain', ['explain', 'time-exp'])
    expect(id.report).toMatchObject({ exact: true, checks: [{ id: 'time-exp' }] })
  })

  test.each([
    [['claim-adu'], 'explain claim-aud?'],
    [['time-epx'], 'explain time-exp?'],
    [['audiense'], 'explain audience?'],
    [['zzzzzzzzzz'], 'lists all'],
  ])('%j: exit 2 and a next step', async (words, hint) => {
    const { exitCode, stdout, stderr } = await recorder.run(['explain', ...words])
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain(hint)
    expect((await recorder.report('error', ['explain', ...words])).exitCode).toBe(2)
  })

  describe('a pasted text', () => {
    const answer =
      'HTTP/1.1 403 Forbidden\r\nWWW-Authenticate: Bearer error="insufficient_scope", scope="files:write"\r\n'

    test('as an argument, from a pipe and from a file leads to the same pages', async () => {
      const folder = await makeTempFolder()
      const file = await folder.write('answer.txt', answer)
      const ways = [
        await recorder.report('explain', ['explain', answer]),
        await recorder.report('explain', ['explain', '-'], { stdin: answer }),
        await recorder.report('explain', ['explain', `@${file}`]),
      ]
      await folder.remove()
      for (const { exitCode, report } of ways) {
        expect({ exitCode, report }).toEqual({ exitCode: 0, report: ways[0]?.report })
        expect(report).toMatchObject({
          query: null,
          signs: [{ kind: 'oauth', case: 'sign-oauth' }, {}, {}],
        })
      }
      expect((ways[0]?.report['checks'] as unknown as { id: string }[] | undefined)?.[0]?.id).toBe(
        'claim-scope',
      )
    })

    test('what decided comes first, then the page, then what else is possible', async () => {
      const { exitCode, stdout } = await recorder.run([
        'explain',
        'AADSTS50011:',
        'The',
        'redirect',
      ])
      expect(exitCode).toBe(0)
      expect(stdout).toMatch(/^1\. Microsoft Entra ID AADSTS50011: .*\n.*source.*code=50011/)
      expect(stdout).toContain('\nlogin-refused ')
      const { stdout: codes } = await recorder.run(['explain', '-32602'])
      expect(codes).toMatch(/^1\. the JSON-RPC error -32602/)
    })

    test('in which nothing is known: exit 2, the nearest code, and nothing of the text', async () => {
      const input = 'my-canary says invalid_tokn'
      const { exitCode, stdout, stderr } = await recorder.run(['explain', '-'], { stdin: input })
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
      expect(stderr).toContain('mcp-proxy explain invalid_token')
      expect(stderr).not.toContain('canary')
      await recorder.report('error', ['explain', '-'], { stdin: input })
    })

    test.each([[['-', 'claim-aud']], [['@no-such-file.txt']]])('%j: exit 2', async (words) => {
      expect((await recorder.report('error', ['explain', ...words], { stdin: '' })).exitCode).toBe(
        2,
      )
    })
  })

  test('a token in the place of an id is not repeated', async () => {
    const token = `eyJhbGciOiJSUzI1NiJ9.${'c2VjcmV0'.repeat(6)}.c2ln`
    const { exitCode, stdout, stderr } = await recorder.run(['explain', token])
    expect(exitCode).toBe(2)
    expect(stdout + stderr).not.toMatch(/c2vjcmv0/i)
  })
})
