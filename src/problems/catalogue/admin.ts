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

const startIt = ({ flag }: Texts<'flag'>): string =>
  `start it with mcp-proxy serve, or pass the address of the running proxy: ${flag} <url>`

const again: Texts<'client' | 'n' | 'time' | 'code' | 'fix'> = {
  client: 'cursor at 203.0.113.7',
  n: 5,
  time: '12s',
  code: 'time-exp',
  fix: 'get a new token',
}

export const adminProblems = {
  'client-loop': {
    ...admin,
    severity: 'low',
    refuses: 'never',
    title: 'a client is repeatedly refused for the same reason',
    cases: {
      'no-token': says(
        ({ client, n, time }: typeof again) =>
          `${client} sent ${n} requests without a token in ${time}: it does not follow the challenge`,
        again,
        'run mcp-proxy discover <mcp-url> to see whether clients can follow the challenge; then log in with the client, or give it a token',
      ),
      'same-token': says(
        ({ client, n, time, code }: typeof again) =>
          `${client} sent one refused token ${n} times in ${time} (${code})`,
        again,
        ({ fix }: typeof again) => `make the client discard that token; then ${String(fix)}`,
      ),
      'new-tokens': says(
        ({ client, n, time, code }: typeof again) =>
          `${client} gets new tokens, and each is refused: ${n} times in ${time} (${code})`,
        again,
        ({ fix }: typeof again) => String(fix),
      ),
    },
    hint: 'see docs/why.md',
  },
  'admin-query': {
    ...admin,
    http: 400,
    title: 'the query is not valid',
    cases: {
      unknown: says(
        ({ name }: Texts<'name' | 'names'>) => `Unknown query parameter ${name}`,
        { name: 'colour', names: 'code, limit' },
        ({ names }: Texts<'name' | 'names'>) => `use one of ${names}`,
      ),
      none: says(
        ({ name }: Texts<'name'>) => `Unknown query parameter ${name}`,
        {
          name: 'colour',
        },
        'remove the query string',
      ),
      value: says(
        ({ name }: Texts<'name'>) => `${name} has a value that is not allowed`,
        { name: 'persist' },
        'use one of the values listed in docs/admin.md',
      ),
      'no-number': says(
        ({ name }: Texts<'name'>) => `${name} must be a whole number`,
        { name: 'limit' },
        'use digits only',
      ),
    },
    hint: 'see docs/why.md for the parameters',
  },
  'admin-decision': {
    ...admin,
    http: 404,
    title: 'no decision with this request id',
    cases: {
      unknown: says(
        ({ id }: Texts<'id' | 'keep'>) => `The proxy keeps no decision with the request id ${id}`,
        { id: '523c276f', keep: 1000 },
        ({ keep }: Texts<'id' | 'keep'>) =>
          `the proxy keeps its latest ${keep} decisions: every refusal, and a share of what it accepted (observability.decisions); mcp-proxy tail shows them as they come`,
      ),
      none: says(
        ({ id }: Texts<'id'>) => `The proxy keeps no decisions, so none with the request id ${id}`,
        { id: '523c276f' },
        'set observability.decisions.keep above 0',
      ),
    },
    hint: 'take the id from the x-request-id header, the error or the log of a later refusal',
  },
  'decision-file': {
    ...admin,
    title: 'the decisions file cannot be used',
    cases: {
      unreadable: says(
        ({ file, why }: Texts<'file' | 'why'>) => `${file} cannot be read: ${why}`,
        { file: 'decisions.jsonl', why: 'ENOENT' },
        'name the file of observability.decisions.file.path, and run the command as a user who may read it',
      ),
      other: says(
        ({ file }: Texts<'file'>) => `${file} contains no decision`,
        { file: 'decisions.jsonl' },
        'name the file of observability.decisions.file.path; the audit file and the log have other lines',
      ),
      unknown: says(
        ({ file, id }: Texts<'file' | 'id'>) => `${file} has no decision with the request id ${id}`,
        { file: 'decisions.jsonl', id: '523c276f' },
        'the file has every refusal, and a share of accepted calls (observability.decisions.accepted); older files may have been removed (file.keep)',
      ),
    },
    hint: 'see docs/why.md',
  },
  'decision-store': {
    ...admin,
    outcome: 'undecided',
    title: 'decisions cannot be written to or read from Redis',
    cases: {
      read: says(
        ({ address, why }: Texts<'address' | 'why'>) =>
          `Redis at ${address} could not be read: ${why}`,
        { address: '127.0.0.1:6379', why: 'connect ECONNREFUSED 127.0.0.1:6379' },
        'name the Redis of observability.decisions.redis.url as --decisions redis://host:port/database?key=..., and set MCP_PROXY_REDIS_PASSWORD where it wants a password',
      ),
      write: says(
        ({ address, why }: Texts<'address' | 'why'>) =>
          `Redis at ${address} could not store decisions: ${why}`,
        { address: '127.0.0.1:6379', why: 'connect ECONNREFUSED 127.0.0.1:6379' },
        'start Redis, or correct observability.decisions.redis; 1,000 decisions wait in memory, and older ones are lost',
      ),
    },
    hint: 'see docs/why.md',
  },
  'admin-right': {
    ...admin,
    http: 403,
    title: 'the admin token does not have this right',
    says: says(
      ({ name, right }: Texts<'name' | 'right'>) =>
        `The admin caller "${name}" does not have the right to ${right}`,
      { name: 'metrics', right: 'configure' },
      ({ right }: Texts<'name' | 'right'>) =>
        `use a token of security.admin_tokens whose rights include "${right}"`,
    ),
    hint: 'use a token of security.admin_tokens that has the right',
  },
  'admin-machine': {
    ...admin,
    http: 403,
    title: 'the admin API may not change this',
    cases: {
      key: says(
        ({ key }: Texts<'key'>) => `${key} cannot be changed through the admin API`,
        { key: 'security.admin_tokens' },
        'change it in the configuration file, then reload or restart',
      ),
      program: says(
        ({ name }: Texts<'name'>) =>
          `The backend "${name}" runs a program that the configuration in use does not run`,
        { name: 'files' },
        'add it in the configuration file, or set security.allow_admin_programs = true there',
      ),
    },
    hint: 'change it in the configuration file',
  },
  'admin-backend': {
    ...admin,
    http: 409,
    title: 'the backends cannot be changed this way',
    cases: {
      taken: says(
        ({ name }: Texts<'name'>) => `There is already a backend "${name}"`,
        { name: 'files' },
        ({ name }: Texts<'name'>) =>
          `replace it with PUT /admin/backends/${name}, or take another name`,
      ),
      layout: says(
        ({ file }: Texts<'file'>) =>
          `${file} defines its backends in a form that cannot be edited, such as an inline array`,
        { file: 'proxy.toml' },
        'write each backend as [[backends]], or send the whole configuration: PUT /admin/config',
      ),
      slow: says(
        ({ name, seconds }: Texts<'name' | 'seconds'>) =>
          `The backend "${name}" was not up after ${seconds} s`,
        { name: 'files', seconds: 15 },
        'see why with mcp-proxy doctor, or send wait=false',
      ),
    },
    hint: 'see docs/admin.md',
  },
  'admin-unknown': {
    ...admin,
    http: 404,
    title: 'the admin API has nothing with that name',
    cases: {
      backend: says(
        ({ name }: Texts<'name' | 'names'>) => `No backend is named "${name}"`,
        { name: 'search', names: '"files"' },
        ({ names }: Texts<'name' | 'names'>) => `use one of ${names}`,
      ),
      circuit: says(
        ({ name }: Texts<'name' | 'names'>) => `The backend "${name}" has no circuit breaker`,
        { name: 'search', names: '"files"' },
        ({ names }: Texts<'name' | 'names'>) =>
          names === '' ? 'configure circuit_breaker of a backend first' : `use one of ${names}`,
      ),
      session: says(
        ({ id }: Texts<'id'>) => `There is no session with the fingerprint ${id}`,
        { id: '523c276f' },
        'GET /admin/sessions/detail lists the sessions',
      ),
      metrics: states('The proxy collects no metrics', 'set observability.metrics.enabled = true'),
      file: states(
        'The proxy was not started from a configuration file',
        'start it with mcp-proxy serve --config <file>',
      ),
    },
    hint: 'see docs/admin.md',
  },
  'admin-body': {
    ...admin,
    http: 400,
    title: 'the body of the request cannot be used',
    cases: {
      value: says(
        ({ key, why }: Texts<'key' | 'why'>) => `${key}: ${why}`,
        { key: 'url', why: 'Invalid URL' },
        'docs/admin.md and GET /admin/openapi.json describe the body',
      ),
      json: states('The body is not JSON', 'send one JSON value, in UTF-8'),
      format: says(
        ({ format, wanted }: Texts<'format' | 'wanted'>) =>
          `The body is ${format}, and the file is ${wanted}`,
        { format: 'json', wanted: 'toml' },
        ({ wanted }: Texts<'format' | 'wanted'>) =>
          `send it with Content-Type: application/${wanted}, or without persist=true`,
      ),
      text: states('The body is not UTF-8 text', 'send the configuration in UTF-8'),
    },
    hint: 'see docs/admin.md',
  },
  'admin-body-type': {
    ...admin,
    http: 415,
    title: 'the body has a type that is not accepted',
    says: says(
      ({ types }: Texts<'types'>) => `The request needs a Content-Type of ${types}`,
      { types: 'application/json' },
      ({ types }: Texts<'types'>) => `send the header Content-Type: ${types}`,
    ),
    hint: 'send a Content-Type header that the operation accepts; see docs/admin.md',
  },
  'telemetry-export': {
    ...admin,
    severity: 'low',
    refuses: 'never',
    title: 'telemetry cannot be sent to the collector',
    says: says(
      ({ address, signal, why }: Texts<'address' | 'signal' | 'why'>) =>
        `Could not send ${signal} to the collector at ${address}: ${why}`,
      { address: 'localhost:4318', signal: 'traces', why: 'connection refused' },
    ),
    hint: 'start the collector, or correct endpoint and headers in [observability.tracing]; see docs/telemetry.md',
  },
  'admin-followers': {
    ...admin,
    http: 503,
    outcome: 'undecided',
    title: 'too many clients follow the decisions',
    says: says(({ limit }: Texts<'limit'>) => `${limit} clients already follow the decisions`, {
      limit: 16,
    }),
    hint: 'stop one of them and try again',
  },
  'admin-reach': {
    ...admin,
    outcome: 'undecided',
    title: 'the proxy did not answer',
    cases: {
      fault: says(
        ({ url, why }: Texts<'url' | 'why' | 'flag'>) =>
          `No answer from the proxy at ${url}: ${why}`,
        { url: 'http://127.0.0.1:8080', why: 'connection refused', flag: '--proxy' },
        startIt,
      ),
      other: says(
        ({ url, status }: Texts<'url' | 'status' | 'flag'>) =>
          `The server at ${url} is not an mcp-proxy with an admin API (status ${status})`,
        { url: 'http://127.0.0.1:8080', status: 404, flag: '--proxy' },
        ({ flag }) => `pass the address of the proxy: ${flag} <url>`,
      ),
      ended: says(({ url }: Texts<'url'>) => `The proxy at ${url} ended the stream`, {
        url: 'http://127.0.0.1:8080',
      }),
    },
    hint: 'start it with mcp-proxy serve, or pass the address of the running proxy',
  },
  'admin-token': {
    ...admin,
    severity: 'fatal',
    title: 'the proxy refused access to its admin surface',
    cases: {
      missing: states(
        'The proxy requires its admin token, and none was given',
        'set MCP_PROXY_ADMIN_TOKEN, or pass the configuration that has security.admin_token: --config <file>',
      ),
      refused: states(
        'The proxy rejected the admin token',
        'use the value of security.admin_token that the running proxy was started with',
      ),
      right: says(
        ({ right }: Texts<'right'>) => `The proxy does not grant the right to ${right}`,
        { right: 'configure' },
        ({ right }: Texts<'right'>) =>
          `set MCP_PROXY_ADMIN_TOKEN to one of security.admin_tokens whose rights include "${right}"`,
      ),
      closed: states(
        'The proxy has no admin token: only direct connections from its own machine reach its admin surface',
        'set security.admin_token in its configuration, and MCP_PROXY_ADMIN_TOKEN here',
      ),
    },
    hint: 'set MCP_PROXY_ADMIN_TOKEN to the value of security.admin_token',
  },
} as const satisfies Record<string, ProblemSpec>
