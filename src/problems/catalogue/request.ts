// Requests that the proxy refuses as such.
import { errorCodes } from '../../base/error-codes.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const request = {
  group: 'request',
  severity: 'fatal',
  refuses: 'always',
  outcome: 'rejected',
} as const

export const requestProblems = {
  'req-token-missing': {
    ...request,
    title: 'no access token was sent',
    says: states('No Authorization header'),
    hint: 'send Authorization: Bearer <token>; resource_metadata in the challenge leads to the authorization server',
    http: 401,
    oauth: undefined,
    spec: 'RFC 6750 section 3.1',
  },
  'req-authorization-malformed': {
    ...request,
    title: 'the Authorization header is malformed or doubled',
    cases: {
      several: says(
        ({ n }: Texts<'n'>) =>
          `Authorization is not one "Bearer <token>" credential: ${n} Authorization headers`,
        { n: 2 },
        'send exactly one Authorization header: a proxy in front may add its own',
      ),
      scheme: says(
        ({ scheme }: Texts<'scheme'>) =>
          `Authorization is not one "Bearer <token>" credential: the scheme is ${scheme}`,
        { scheme: 'Basic' },
        'send the token with the scheme Bearer',
      ),
      bare: states(
        'Authorization is not one "Bearer <token>" credential: no Bearer scheme',
        'put "Bearer " before the token',
      ),
      doubled: states(
        'Authorization is not one "Bearer <token>" credential: the scheme is doubled',
        'leave out "Bearer" in the setting that contains the token: the client adds it',
      ),
      words: states(
        'Authorization is not one "Bearer <token>" credential: more than one token',
        'send one token without spaces or line breaks in it',
      ),
    },
    hint: 'send exactly one Authorization header with the scheme Bearer and one token',
    http: 400,
    oauth: 'invalid_request',
    spec: 'RFC 6750 section 3.1',
  },
  'req-body-size': {
    ...request,
    title: 'the request body is too large',
    says: says(({ limit }: Texts<'limit'>) => `The body is larger than ${limit} bytes`, {
      limit: 4_194_304,
    }),
    hint: 'send less, or raise security.max_body_bytes',
    http: 413,
    jsonrpc: errorCodes.invalidRequest,
    oauth: undefined,
    spec: 'RFC 9110 section 15.5.14',
  },
  'req-json': {
    ...request,
    title: 'the body is not JSON',
    says: states('The body is not valid JSON'),
    hint: 'send one JSON-RPC message as UTF-8 JSON',
    http: 400,
    jsonrpc: errorCodes.parseError,
    oauth: undefined,
    spec: 'JSON-RPC 2.0 section 5.1',
  },
  'req-depth': {
    ...request,
    title: 'the body is nested too deeply',
    says: says(({ limit }: Texts<'limit'>) => `The body is nested deeper than ${limit} levels`, {
      limit: 100,
    }),
    hint: 'send flatter arguments',
    http: 400,
    jsonrpc: errorCodes.invalidRequest,
    oauth: undefined,
    spec: 'RFC 8259 section 9',
  },
  'req-shape': {
    ...request,
    title: 'the body is not a JSON-RPC message',
    says: says(({ why }: Texts<'why'>) => `Not a JSON-RPC 2.0 message: ${why}`, {
      why: 'jsonrpc is not "2.0"',
    }),
    hint: 'send a request with jsonrpc, id and method, or a notification',
    http: 400,
    jsonrpc: errorCodes.invalidRequest,
    oauth: undefined,
    spec: 'JSON-RPC 2.0 section 4',
  },
  'req-method': {
    ...request,
    title: 'the method is not offered',
    cases: {
      unknown: says(({ method }: Texts<'method'>) => `Method ${method} is not offered here`, {
        method: '"tools/run"',
      }),
      'no-tasks': says(
        ({ backend }: Texts<'backend'>) =>
          `Tools of ${backend} cannot be called as tasks: it runs none for sessions of this revision`,
        { backend: 'files' },
        'call the tool without task',
      ),
    },
    hint: 'ask server/discover or initialize for the capabilities',
    http: 200,
    jsonrpc: errorCodes.methodNotFound,
    oauth: undefined,
    spec: 'JSON-RPC 2.0 section 5.1',
  },
  'req-params': {
    ...request,
    title: 'the parameters are not valid',
    cases: {
      invalid: says(({ why }: Texts<'why'>) => `Invalid parameters: ${why}`, {
        why: 'params is not an object',
      }),
      argument: says(
        ({ name }: Texts<'name'>) => `Invalid parameters: the tool takes no argument ${name}`,
        { name: '"path"' },
        'list the tools again: this one has other parameters now',
      ),
      cursor: states(
        'Invalid parameters: the cursor is not one of ours',
        'list from the beginning: leave the cursor out',
      ),
      state: states(
        'Invalid parameters: requestState is not valid for this request',
        'repeat the call from the beginning: the state was used already, is too old, or belongs to another call',
      ),
      level: states(
        'Invalid parameters: level is not a log level',
        'use one of debug, info, notice, warning, error, critical, alert, emergency',
      ),
      early: says(
        ({ meta }: Texts<'meta'>) =>
          `Invalid parameters: _meta lacks ${meta}, and initialize was not sent`,
        { meta: 'io.modelcontextprotocol/protocolVersion' },
        'send initialize first, or state the protocol version in _meta of every request',
      ),
    },
    hint: 'compare the call with the MCP specification',
    http: 200,
    jsonrpc: errorCodes.invalidParams,
    oauth: undefined,
    spec: 'JSON-RPC 2.0 section 5.1',
  },
  'req-header-mismatch': {
    ...request,
    title: 'a header contradicts the body',
    says: says(({ header }: Texts<'header'>) => `${header} does not match the body`, {
      header: 'Mcp-Method',
    }),
    hint: 'send the standard headers with the values of the body',
    http: 400,
    jsonrpc: errorCodes.headerMismatch,
    oauth: undefined,
    spec: 'MCP 2026-07-28 transports, standard headers',
  },
  'req-version': {
    ...request,
    title: 'the protocol version is not supported',
    says: says(({ version }: Texts<'version'>) => `Protocol version ${version} is not supported`, {
      version: '"2099-01-01"',
    }),
    hint: 'use one of the supported versions that the answer lists',
    http: 400,
    jsonrpc: errorCodes.unsupportedProtocolVersion,
    oauth: undefined,
    spec: 'MCP 2026-07-28 versioning',
  },
  'req-session': {
    ...request,
    title: 'the session is unknown',
    says: states('No such session'),
    hint: 'send initialize again',
    http: 404,
    jsonrpc: errorCodes.invalidRequest,
    oauth: undefined,
    spec: 'MCP 2025-11-25 transports, session management',
  },
  'req-session-missing': {
    ...request,
    title: 'the session id is missing',
    says: states('Mcp-Session-Id is missing'),
    hint: 'send the id that initialize returned',
    http: 400,
    jsonrpc: errorCodes.invalidRequest,
    oauth: undefined,
    spec: 'MCP 2025-11-25 transports, session management',
  },
  'name-unknown': {
    ...request,
    group: 'name',
    title: 'no such tool, prompt or resource',
    cases: {
      unknown: says(
        ({ kind, name }: Texts<'kind' | 'name'>) => `${kind} ${name} is not known here`,
        { kind: 'Tool', name: '"files__read"' },
        'list first; names have the prefix of their backend',
      ),
      similar: says(
        ({ kind, name, near }: Texts<'kind' | 'name' | 'near'>) =>
          `${kind} ${name} is not known here; did you mean ${near}?`,
        { kind: 'Tool', name: '"read_text_file"', near: '"files__read_text_file"' },
        'use the name as it is listed, with the prefix of its backend',
      ),
    },
    hint: 'list first; names have the prefix of their backend',
    http: 200,
    jsonrpc: errorCodes.invalidParams,
    oauth: undefined,
    spec: 'MCP server/tools, error handling',
  },
} as const satisfies Record<string, ProblemSpec>
