// The forms that CI systems read are read again here as those systems read them.
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { annotationsText } from '../../../src/cli/report/annotations.ts'
import type { CheckReport } from '../../../src/core/verdict/checks-report.ts'
import { codeQualityText } from '../../../src/cli/report/code-quality.ts'
import { sarifText } from '../../../src/cli/report/sarif.ts'
import type { Subject } from '../../../src/cli/report/subject.ts'

const check = (over: Partial<CheckReport>): CheckReport => ({
  id: 'claim-aud',
  case: 'other',
  status: 'fail',
  severity: 'fatal',
  refuses: 'always',
  message: 'aud is "a"',
  hint: 'request a token for b',
  spec: 'RFC 7519 section 4.1.3',
  evidence: null,
  ...over,
})

const hostile = 'a\r\n::error::forged, 100%: done\u001b[31m'

const subject: Subject = {
  name: 'https://id.example.com/a b',
  verdict: 'findings',
  file: 'conf/proxy, one.toml',
  problem: null,
  facts: [],
  checks: [
    check({}),
    check({ id: 'asm-pkce', case: 'absent', status: 'warn', severity: 'medium', message: hostile }),
    check({ id: 'asm-refresh', case: null, status: 'warn', severity: 'info', spec: null }),
    check({ id: 'jwks-fetch', case: null, status: 'skip', message: 'no answer', hint: null }),
    check({ id: 'jwks-x5c', status: 'skip', message: 'nothing to look at', hint: null }),
    check({ id: 'asm-found', status: 'pass', message: null, hint: null }),
    check({ id: 'intro-reach', case: 'failed', message: 'timeout' }),
  ],
  hints: [
    { check: 'claim-aud', provider: 'Keycloak', id: 'keycloak-audience', text: 'add a mapper' },
  ],
  counts: ({ status, severity }) => status === 'fail' && severity === 'fatal',
  unsettled: ({ id }) => id === 'jwks-fetch',
}

const unread: Subject = {
  name: 'token 1234',
  verdict: 'rejected',
  problem: {
    code: 'in-empty',
    case: null,
    title: 'the token is empty',
    detail: 'There is no token',
    hint: 'give one',
    spec: null,
  },
  facts: [],
  checks: [],
  hints: [],
  counts: () => true,
}

describe('--format github', () => {
  /** As the runner reads a line: https://docs.github.com/actions, workflow commands. */
  const commands = (text: string) =>
    text.split('\n').flatMap((line) => {
      const found = /^::(?<name>\w+) (?<properties>[^:]*)::(?<message>.*)$/.exec(line)?.groups
      if (found === undefined) return []
      const plain = (value: string) =>
        value
          .replaceAll('%0D', '\r')
          .replaceAll('%0A', '\n')
          .replaceAll('%3A', ':')
          .replaceAll('%2C', ',')
          .replaceAll('%25', '%')
      const properties = Object.fromEntries(
        (found['properties'] ?? '').split(',').map((pair) => {
          const at = pair.indexOf('=')
          return [pair.slice(0, at), plain(pair.slice(at + 1))]
        }),
      )
      return [{ name: found['name'], ...properties, message: plain(found['message'] ?? '') }]
    })

  const text = annotationsText('discover', [subject, unread])

  it('has one annotation for each finding, by its gravity, with remedy and page', () => {
    const read = commands(text)
    expect(read.map((one) => [one.name, 'title' in one ? one.title : ''])).toEqual([
      ['error', 'claim-aud'],
      ['warning', 'asm-pkce'],
      ['notice', 'asm-refresh'],
      ['warning', 'jwks-fetch'],
      ['error', 'intro-reach'],
      ['error', 'in-empty'],
    ])
    expect(read[0]).toMatchObject({
      file: 'conf/proxy, one.toml',
      message: [
        'https://id.example.com/a b: aud is "a"',
        'fix: request a token for b',
        'hint: Keycloak: add a mapper',
        'spec: RFC 7519 section 4.1.3',
        'more: mcp-proxy explain claim-aud',
      ].join('\n'),
    })
    expect(read[5]?.message).toBe('token 1234: There is no token\nfix: give one')
  })

  it('nothing that a server says begins a command of its own, or steers a terminal', () => {
    expect(text.split('\n').filter((line) => line.startsWith('::'))).toHaveLength(6)
    expect(text).not.toContain('\u001b')
    expect(text).not.toContain('\r')
  })

  it('says how each subject ended in a line that is no command', () => {
    expect(text).toContain('\nmcp-proxy discover: https://id.example.com/a b: findings')
  })
})

describe('--format sarif', () => {
  const text = {
    type: 'object',
    required: ['text'],
    properties: { text: { type: 'string', minLength: 1 } },
  }
  /** What SARIF 2.1.0 demands of the members that are written (sections 3.13, 3.14, 3.19, 3.27, 3.28, 3.49). */
  const schema = {
    type: 'object',
    required: ['version', 'runs', '$schema'],
    additionalProperties: false,
    properties: {
      $schema: { type: 'string', format: 'uri' },
      version: { const: '2.1.0' },
      runs: {
        type: 'array',
        items: {
          type: 'object',
          required: ['tool', 'results'],
          additionalProperties: false,
          properties: {
            tool: {
              type: 'object',
              required: ['driver'],
              additionalProperties: false,
              properties: {
                driver: {
                  type: 'object',
                  required: ['name'],
                  additionalProperties: false,
                  properties: {
                    name: { type: 'string', minLength: 1 },
                    rules: {
                      type: 'array',
                      uniqueItems: true,
                      items: {
                        type: 'object',
                        required: ['id'],
                        additionalProperties: false,
                        properties: {
                          id: { type: 'string', minLength: 1 },
                          shortDescription: text,
                          help: text,
                          defaultConfiguration: {
                            type: 'object',
                            additionalProperties: false,
                            properties: { level: { enum: ['none', 'note', 'warning', 'error'] } },
                          },
                          properties: {
                            type: 'object',
                            properties: {
                              tags: { type: 'array', uniqueItems: true, items: { type: 'string' } },
                            },
                          },
                        },
                      },
                    },
                  },
                },
              },
            },
            invocations: {
              type: 'array',
              items: {
                type: 'object',
                required: ['executionSuccessful'],
                additionalProperties: false,
                properties: { executionSuccessful: { type: 'boolean' } },
              },
            },
            automationDetails: {
              type: 'object',
              additionalProperties: false,
              properties: { id: { type: 'string' } },
            },
            columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
            properties: { type: 'object' },
            results: {
              type: 'array',
              items: {
                type: 'object',
                required: ['message', 'ruleId', 'ruleIndex', 'locations'],
                additionalProperties: false,
                properties: {
                  ruleId: { type: 'string' },
                  ruleIndex: { type: 'integer', minimum: 0 },
                  kind: {
                    enum: ['notApplicable', 'pass', 'fail', 'review', 'open', 'informational'],
                  },
                  level: { enum: ['none', 'note', 'warning', 'error'] },
                  message: text,
                  partialFingerprints: { type: 'object', additionalProperties: { type: 'string' } },
                  properties: { type: 'object' },
                  locations: {
                    type: 'array',
                    minItems: 1,
                    items: {
                      type: 'object',
                      additionalProperties: false,
                      properties: {
                        physicalLocation: {
                          type: 'object',
                          required: ['artifactLocation'],
                          additionalProperties: false,
                          properties: {
                            artifactLocation: {
                              type: 'object',
                              additionalProperties: false,
                              properties: { uri: { type: 'string', format: 'uri-reference' } },
                            },
                          },
                        },
                        logicalLocations: {
                          type: 'array',
                          uniqueItems: true,
                          items: {
                            type: 'object',
                            additionalProperties: false,
                            properties: {
                              fullyQualifiedName: { type: 'string' },
                              kind: { type: 'string' },
                            },
                          },
                        },
                      },
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
  }

  const ajv = new Ajv2020({
    allErrors: true,
    formats: {
      uri: (value: string) => URL.canParse(value),
      'uri-reference': (value: string) =>
        !/\s/.test(value) && URL.canParse(value, 'https://base.example/'),
    },
  })
  const validate = ajv.compile(schema)

  interface Read {
    readonly runs: readonly {
      readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } }
      readonly results: readonly {
        readonly ruleId: string
        readonly ruleIndex: number
        readonly kind: string
        readonly level: string
        readonly message: { readonly text: string }
        readonly locations: readonly {
          readonly physicalLocation?: { readonly artifactLocation: { readonly uri: string } }
        }[]
        readonly partialFingerprints: Readonly<Record<string, string>>
      }[]
    }[]
  }
  const readBack = (...subjects: Subject[]) => {
    const document = JSON.parse(sarifText('discover', subjects)) as Read
    validate(document)
    expect(validate.errors ?? []).toEqual([])
    const [run] = document.runs
    if (run === undefined) throw new Error('no run')
    return run
  }

  it('has a result for each finding with its rule; what stayed open has no level', () => {
    const { results, tool } = readBack(subject, unread)
    expect(results.map(({ ruleId, kind, level }) => [ruleId, kind, level])).toEqual([
      ['claim-aud', 'fail', 'error'],
      ['asm-pkce', 'fail', 'warning'],
      ['asm-refresh', 'fail', 'note'],
      ['jwks-fetch', 'open', 'none'],
      ['intro-reach', 'open', 'none'],
      ['in-empty', 'fail', 'error'],
    ])
    for (const { ruleId, ruleIndex } of results)
      expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId)
    expect(results[0]?.message.text).toBe('aud is "a"\nfix: request a token for b')
  })

  it('a finding of a file is at the file, one of an address at the address', () => {
    const uris = (one: Subject) =>
      readBack(one).results.map(
        ({ locations }) => locations[0]?.physicalLocation?.artifactLocation.uri,
      )
    expect(uris(subject)[0]).toBe('conf/proxy%2C%20one.toml')
    expect(uris({ ...subject, file: undefined })[0]).toBe('https://id.example.com/a%20b')
    expect(uris(unread)[0]).toBeUndefined()
  })

  it('a finding keeps its fingerprint when its text changes, and no two share one', () => {
    const prints = (one: Subject) =>
      readBack(one).results.map(({ partialFingerprints }) => Object.values(partialFingerprints)[0])
    const later = {
      ...subject,
      checks: subject.checks.map((one) => ({ ...one, message: 'other' })),
    }
    expect(prints(later)).toEqual(prints(subject))
    expect(new Set(prints(subject)).size).toBe(5)
  })

  it('a run without findings is a document with no results', () => {
    expect(readBack({ ...subject, checks: [] }).results).toEqual([])
  })

  it('nothing that a server says steers a terminal', () => {
    expect(sarifText('discover', [subject])).not.toContain('\u001b')
    expect(readBack(subject).results[1]?.message.text).not.toMatch(/\p{Cc}(?<!\n)/u)
  })
})

describe('--format gitlab', () => {
  /** What GitLab documents of an issue; a report that lacks one of them is not shown. */
  const schema = {
    type: 'array',
    items: {
      type: 'object',
      required: ['description', 'check_name', 'fingerprint', 'severity', 'location'],
      additionalProperties: false,
      properties: {
        description: { type: 'string', minLength: 1 },
        check_name: { type: 'string', minLength: 1 },
        fingerprint: { type: 'string', pattern: '^[0-9a-f]{32}$' },
        severity: { enum: ['info', 'minor', 'major', 'critical', 'blocker'] },
        location: {
          type: 'object',
          required: ['path', 'lines'],
          properties: {
            path: { type: 'string', pattern: '^(?![./]/)' },
            lines: {
              type: 'object',
              required: ['begin'],
              properties: { begin: { type: 'integer', minimum: 1 } },
            },
          },
        },
      },
    },
  }
  interface Issue {
    readonly description: string
    readonly check_name: string
    readonly fingerprint: string
    readonly severity: string
    readonly location: { readonly path: string }
  }
  const read = (...subjects: readonly Subject[]): readonly Issue[] => {
    const text = codeQualityText('discover', subjects)
    // GitLab rejects a report that begins with a byte order mark.
    expect(text.codePointAt(0)).toBe('['.codePointAt(0))
    const issues: unknown = JSON.parse(text)
    const validate = new Ajv2020().compile(schema)
    validate(issues)
    expect(validate.errors).toBeNull()
    return issues as readonly Issue[]
  }

  it('is a list of issues, by severity, at the file of the configuration', () => {
    const issues = read(subject, unread)
    expect(issues.map((one) => [one.severity, one.check_name])).toEqual([
      ['blocker', 'claim-aud'],
      ['major', 'asm-pkce'],
      ['info', 'asm-refresh'],
      ['blocker', 'jwks-fetch'],
      ['blocker', 'intro-reach'],
      ['blocker', 'in-empty'],
    ])
    expect(issues.map(({ location }) => location.path)).toEqual([
      ...Array<string>(5).fill('conf/proxy, one.toml'),
      '.gitlab-ci.yml',
    ])
    expect(issues[0]?.description).toBe(
      'https://id.example.com/a b: aud is "a"; fix: request a token for b',
    )
  })

  it('what stayed open says so', () => {
    const [, , , open] = read(subject)
    expect(open?.description).toContain('could not be established: no answer')
  })

  it('a file outside of the repository is not one that GitLab finds', () => {
    const [first] = read({ ...subject, file: '/etc/proxy.toml' })
    expect(first?.location.path).toBe('.gitlab-ci.yml')
  })

  it('a finding is known again in another run, and one that comes twice is two', () => {
    const prints = (one: Subject) => read(one).map(({ fingerprint }) => fingerprint)
    const later = { ...subject, checks: subject.checks.map((one) => ({ ...one, message: 'else' })) }
    expect(prints(later)).toEqual(prints(subject))
    const twice = prints({ ...subject, checks: [check({}), check({ message: 'aud is "b"' })] })
    expect(new Set(twice).size).toBe(2)
  })

  it('nothing is an empty list, and nothing steers a terminal', () => {
    expect(read({ ...subject, checks: [] })).toEqual([])
    expect(codeQualityText('discover', [subject])).not.toContain('\u001b')
  })
})
