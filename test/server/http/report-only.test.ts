// Every kind of rule can only report: the call goes on, the list is whole, and the metric, the log, the audit line and the
// decision say what would have been refused.
import { afterEach, describe, expect, test } from 'vitest'
import { startTestProxy, type TestProxy } from '../../support/proxy.ts'
import { result, scriptedBackend } from '../../support/scripted-backend.ts'
import {
  goodClaims,
  jwksOf,
  mintToken,
  testAudience,
  testIssuer,
  testKey,
} from '../../support/tokens.ts'

const token = 'token-000000000000000001'

let proxy: TestProxy | undefined
afterEach(async () => {
  await proxy?.close({ force: true })
  proxy = undefined
})

const scoped = (more: object) => ({
  type: 'bearer',
  scoped_tokens: [{ token, name: 'ci', allow_tools: ['a/other'], ...more }],
})

const jwt = (more: object) => ({
  type: 'jwt',
  issuer: testIssuer,
  jwks_uri: `${testIssuer}/jwks`,
  audience: testAudience,
  ...more,
})

const roles = {
  roles: [{ name: 'reader', allow_tools: ['a/other'] }],
  role_mapping: { claim: 'groups', mapping: { g: 'reader' } },
}

interface Kind {
  readonly name: string
  /** `only`: whether it only reports. */
  readonly sections: (only: boolean) => object
  readonly backend?: (only: boolean) => object
  readonly code: string
}

const kinds: readonly Kind[] = [
  {
    name: 'scoped_tokens',
    sections: (only) => ({ auth: scoped({ report_only: only }) }),
    code: 'policy-token',
  },
  {
    name: 'tool_scopes',
    sections: (only) => ({
      auth: jwt({ tool_scopes: { 'a/*': { scopes: ['more'], report_only: only } } }),
    }),
    code: 'policy-scope',
  },
  {
    name: 'roles',
    sections: (only) => ({
      auth: jwt({ ...roles, role_mapping: { ...roles.role_mapping, report_only: only } }),
    }),
    code: 'policy-role',
  },
  {
    name: 'night',
    sections: (only) => ({
      auth: {
        type: 'none',
        rules: [{ name: 'night', effect: 'deny', when: 'true', report_only: only }],
      },
    }),
    code: 'policy-rule',
  },
  {
    name: 'hide_destructive',
    sections: () => ({}),
    backend: (only) => ({ hide_destructive: true, annotations_report_only: only }),
    code: 'policy-annotation',
  },
  {
    name: 'max_argument_size',
    sections: (only) => ({
      security: { max_argument_size: 10, max_argument_size_report_only: only },
    }),
    code: 'policy-argument',
  },
]

const start = async ({ sections, backend }: Kind, only: boolean) => {
  const files = scriptedBackend('a', {
    'tools/list': { tools: [{ name: 't' }] },
    'tools/call': () => result({ content: [] }),
  })
  const key = await testKey()
  const { auth, ...rest } = sections(only) as { readonly auth?: { readonly type: string } }
  proxy = await startTestProxy([files], {
    localKeys: jwksOf(key),
    config: {
      ...(auth === undefined ? {} : { auth }),
      ...rest,
      ...(backend === undefined
        ? {}
        : {
            backends: [
              { name: 'a', transport: 'stdio', command: 'unused', ...backend(only) },
            ] as object,
          }),
      observability: { decisions: { accepted: 0 } },
    },
  })
  const jwtToken = await mintToken(
    key,
    goodClaims({ groups: ['g'] }, Math.floor(Date.now() / 1000)),
  )
  const credential =
    auth?.type === 'jwt' ? { token: jwtToken } : auth?.type === 'bearer' ? { token } : {}
  const at = proxy
  const list = await at.modern('tools/list', {}, credential)
  const called = await at.modern(
    'tools/call',
    { name: 'a__t', arguments: { text: 'longer than that' } },
    credential,
  )
  return { at, list: list.json().result.tools as readonly object[], called }
}

const decisionOf = async (at: TestProxy, id: unknown) => {
  const answer = await at.send({ method: 'GET', path: `/admin/decisions/${String(id)}` })
  return answer.json().decisions?.[0]
}

describe.each(kinds)('$name', (kind) => {
  const { name, code } = kind

  test('that only reports refuses and hides nothing, and says what it would', async () => {
    const { at, list, called } = await start(kind, true)
    expect([list.length, called.json().result?.content]).toEqual([1, []])
    const id = called.headers['x-request-id']
    const lines = at.logged()
    expect(lines.find(({ event }) => event === 'policy')).toMatchObject({
      request_id: id,
      rule: name,
      code,
    })
    const audited = lines.filter(({ event }) => event === 'audit').at(-1)
    expect(audited).toMatchObject({ outcome: 'ok', would_deny: name })
    const metrics = await at.send({ method: 'GET', path: '/admin/metrics' })
    expect(metrics.text).toMatch(
      new RegExp(`mcp_proxy_policy_would_deny_total\\{code="${code}",rule="${name}"\\} 1`),
    )
    // Kept whatever the share of accepted calls is.
    expect(await decisionOf(at, id)).toMatchObject({
      outcome: 'accepted',
      would_deny: [{ rule: name, code }],
    })
  })

  test('that does not only report refuses', async () => {
    const { at, called } = await start(kind, false)
    expect(called.json().error).toBeDefined()
    const decision = await decisionOf(at, called.headers['x-request-id'])
    expect(decision).toMatchObject({ code, would_deny: [] })
  })
})
