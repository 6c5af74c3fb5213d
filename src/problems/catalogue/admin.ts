// What can go wrong between a person and the admin surface of a running proxy.
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const admin = {
  group: 'admin',
  severity: 'medium',
  refuses: 'always',
  outcome: 'rejected',
  http: undefined,
  oauth: undefined,
  spec: '',
} as const

const startIt = 'start it with mcp-proxy serve, or name the one that is running: --proxy <url>'

export const adminProblems = {
  'admin-query': {
    ...admin,
    http: 400,
    title: 'the query cannot be answered',
    cases: {
      unknown: says(
        ({ name }: Texts<'name' | 'names'>) => `There is no query parameter ${name}`,
        { name: 'colour', names: 'code, limit' },
        ({ names }: Texts<'name' | 'names'>) => `use one of ${names}`,
      ),
      'no-number': says(
        ({ name }: Texts<'name'>) => `${name} is no whole number`,
        { name: 'limit' },
        'write digits alone',
      ),
    },
    hint: 'see docs/why.md for the parameters',
  },
  'admin-decision': {
    ...admin,
    http: 404,
    title: 'no such decision is kept',
    cases: {
      unknown: says(
        ({ id }: Texts<'id' | 'keep'>) => `No decision is kept under the request id ${id}`,
        { id: '523c276f', keep: 1000 },
        ({ keep }: Texts<'id' | 'keep'>) =>
          `the proxy keeps its latest ${keep} decisions: every refusal, and a share of what it accepted (observability.decisions); mcp-proxy tail shows them as they come`,
      ),
      none: says(
        ({ id }: Texts<'id'>) => `No decision is kept under the request id ${id}, nor any other`,
        { id: '523c276f' },
        'set observability.decisions.keep above 0',
      ),
    },
    hint: 'take the id from the x-request-id header, the error or the log of a later refusal',
  },
  'admin-followers': {
    ...admin,
    http: 503,
    outcome: 'undecided',
    title: 'too many follow the decisions already',
    says: says(({ limit }: Texts<'limit'>) => `${limit} connections follow the decisions already`, {
      limit: 16,
    }),
    hint: 'end one of them, and try again',
  },
  'admin-reach': {
    ...admin,
    outcome: 'undecided',
    title: 'the proxy did not answer',
    cases: {
      fault: says(
        ({ url, why }: Texts<'url' | 'why'>) => `No answer from the proxy at ${url}: ${why}`,
        { url: 'http://127.0.0.1:8080', why: 'connection refused' },
        startIt,
      ),
      other: says(
        ({ url, status }: Texts<'url' | 'status'>) =>
          `What answers at ${url} is no mcp-proxy with an admin surface (status ${status})`,
        { url: 'http://127.0.0.1:8080', status: 404 },
        'name the address of the proxy: --proxy <url>',
      ),
      ended: says(({ url }: Texts<'url'>) => `The proxy at ${url} ended the stream`, {
        url: 'http://127.0.0.1:8080',
      }),
    },
    hint: startIt,
  },
  'admin-token': {
    ...admin,
    severity: 'fatal',
    title: 'the proxy does not open its admin surface to us',
    cases: {
      missing: states(
        'The proxy wants its admin token, and there is none here',
        'set MCP_PROXY_ADMIN_TOKEN, or name the configuration that has security.admin_token: --config <file>',
      ),
      refused: states(
        'The proxy does not take this admin token',
        'use the value of security.admin_token that the running proxy was started with',
      ),
      closed: states(
        'The proxy has no admin token, and opens its admin surface to direct callers on its own machine alone',
        'set security.admin_token in its configuration, and MCP_PROXY_ADMIN_TOKEN here',
      ),
    },
    hint: 'set MCP_PROXY_ADMIN_TOKEN to the value of security.admin_token',
  },
} as const satisfies Record<string, ProblemSpec>
