// Why a backend could not answer.
import { errorCodes } from '../../base/error-codes.ts'
import { says, type ProblemSpec, type Texts } from './spec.ts'

export const backend = {
  group: 'backend',
  severity: 'high',
  refuses: 'always',
  outcome: 'undecided',
} as const

export const backendProblems = {
  'backend-unavailable': {
    ...backend,
    title: 'the backend is not reachable',
    cases: {
      network: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} is not reachable: ${why}`,
        { backend: 'files', why: 'connection refused (ECONNREFUSED)' },
        'start the backend, or correct its url; serve keeps trying to connect, and calls refused with this error were not sent',
      ),
      status: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} is not reachable: ${why}`,
        { backend: 'files', why: 'it answers HTTP 503' },
        'check the log of the backend; serve keeps trying to connect, and calls refused with this error were not sent',
      ),
      busy: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} is not reachable: ${why}`,
        { backend: 'files', why: 'it answers HTTP 429' },
        'repeat the call later: the backend refused it because of too many requests; set concurrency or rate_limit of this backend to what it accepts',
      ),
      program: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} is not reachable: ${why}`,
        { backend: 'files', why: 'it cannot be started (uvx is not in any folder of PATH)' },
        'install the program, or write its full path into command, and check cwd',
      ),
      ended: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} is not reachable: ${why}`,
        { backend: 'files', why: 'it exited with code 1' },
        'run the command by hand to see why it exits; the log of the proxy has its standard error',
      ),
      'ended-here': says(
        ({ said }: Texts<'said'>) => `${said}`,
        { said: 'Backend files is not reachable: it exited with code 1' },
        'run the command by hand to see why it exits; what it wrote last to standard error is shown here',
      ),
      unanswered: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} is not reachable: ${why}`,
        { backend: 'files', why: 'no answer in 30.0 s' },
        'check that an MCP server answers there, or raise --timeout: a first start (npx, uvx) may have to download the program',
      ),
      silent: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} is not reachable: ${why}`,
        { backend: 'files', why: 'no answer to initialize in 10 s' },
        'check that an MCP server answers there, and raise start_timeout_seconds where its start takes longer: a first one (npx, uvx) may have to download the program',
      ),
      further: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} runs, but cannot open another session for this caller: ${why}`,
        { backend: 'files', why: 'it exited with code 1' },
        'set session = "shared" for this backend if only one process of it can run or only one client can connect (a fixed port, a locked file)',
      ),
      starting: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} is not reachable: ${why}`,
        { backend: 'files', why: 'it is still starting' },
        'repeat the call in a few seconds',
      ),
      closing: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} is not reachable: ${why}`,
        { backend: 'files', why: 'it is being closed' },
        'repeat the call: the configuration is being reloaded, or the proxy is shutting down',
      ),
      cancelled: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} is not reachable: ${why}`,
        { backend: 'files', why: 'the call was cancelled' },
        'repeat the call if it is still needed: it was not sent',
      ),
      'not-started': says(
        ({ backend, command }: Texts<'backend' | 'command'>) =>
          `${backend} is a program that was not started: ${command}`,
        { backend: 'files', command: 'npx' },
        'repeat this with --yes, or agree to the start at a terminal',
      ),
    },
    hint: 'the call was not sent; try again later',
    http: 200,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: '',
  },
  'backend-outcome-unknown': {
    ...backend,
    title: 'the backend went away during the call: its outcome is unknown',
    says: says(
      ({ backend, why }: Texts<'backend' | 'why'>) =>
        `Backend ${backend} went away after the call was sent: it may or may not have been carried out (${why})`,
      { backend: 'files', why: 'it exited with code 1' },
    ),
    hint: 'check whether the call took effect before you repeat it',
    http: 200,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: '',
  },
  'backend-timeout': {
    ...backend,
    title: 'the backend did not answer in time: the outcome of the call is unknown',
    cases: {
      total: says(
        ({ backend, seconds }: Texts<'backend' | 'seconds'>) =>
          `Backend ${backend} did not answer within ${seconds} s`,
        { backend: 'files', seconds: 30 },
        'check whether the call took effect before you repeat it; raise timeout.seconds for slow tools',
      ),
      idle: says(
        ({ backend, seconds }: Texts<'backend' | 'seconds'>) =>
          `Backend ${backend} neither answered nor reported progress for ${seconds} s`,
        { backend: 'files', seconds: 30 },
        'check whether the call took effect before you repeat it; raise timeout.idle_seconds, or ask for progress with a progressToken',
      ),
      queued: says(
        ({ backend, seconds }: Texts<'backend' | 'seconds'>) =>
          `The call waited for backend ${backend} for ${seconds} s and was not sent`,
        { backend: 'files', seconds: 30 },
        'repeat the call: it was not sent; raise concurrency.max_concurrent if the backend can take more calls',
      ),
    },
    hint: 'check whether the call took effect before you repeat it; raise timeout.seconds or timeout.idle_seconds for slow tools',
    http: 200,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: '',
  },
  'backend-protocol': {
    ...backend,
    title: 'the backend answered outside the protocol',
    cases: {
      message: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} answered outside the protocol: ${why}`,
        { backend: 'files', why: 'not JSON' },
        'update the backend, or report the fault to its maintainers: the proxy cannot read such a message',
      ),
      status: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} answered outside the protocol: ${why}`,
        { backend: 'files', why: 'HTTP 405' },
        'set url to the MCP endpoint itself: it often ends in /mcp (HTTP+SSE: /sse)',
      ),
      redirect: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} answered outside the protocol: ${why}`,
        { backend: 'files', why: 'HTTP 308, a redirect to https://files.example.com/mcp' },
        'set url to the address that it redirects to, if that is the server you mean: a redirect to another origin is not followed',
      ),
      type: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} answered outside the protocol: ${why}`,
        { backend: 'files', why: 'content type text/html' },
        'set url to the MCP endpoint itself: a page or another API answers there',
      ),
      size: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} answered outside the protocol: ${why}`,
        { backend: 'files', why: 'a message of more than 4194304 bytes' },
        'make the backend send smaller messages, for example with pages, or raise max_message_bytes of it',
      ),
      stream: says(
        ({ said }: Texts<'said'>) => `${said}`,
        { said: 'Backend files answered outside the protocol: HTTP 405' },
        'set url to the address of the event stream, which often ends in /sse',
      ),
      socket: says(
        ({ said }: Texts<'said'>) => `${said}`,
        { said: 'Backend files answered outside the protocol: HTTP 405' },
        'set url to where an MCP server takes WebSocket connections of the subprotocol "mcp"',
      ),
      path: says(
        ({ said }: Texts<'said'>) => `${said}`,
        { said: 'Backend files answered outside the protocol: HTTP 405' },
        'set url to the MCP endpoint itself, which often ends in /mcp',
      ),
      other: says(
        ({ said }: Texts<'said'>) => `${said}`,
        { said: 'Backend files answered outside the protocol: HTTP 405' },
        'correct the host or the port of url: what answers at the path /mcp there is no MCP server over Streamable HTTP; mcp-proxy discover shows it',
      ),
      elsewhere: says(
        ({ said }: Texts<'said' | 'url'>) => `${said}`,
        {
          said: 'Backend files answered outside the protocol: HTTP 405',
          url: 'https://files.example.com/mcp',
        },
        ({ url }) => `set url to ${url}: an MCP server answers there`,
      ),
      program: says(
        ({ said }: Texts<'said'>) => `${said}`,
        { said: 'Backend files answered outside the protocol: not JSON' },
        'correct the command and its arguments: the program does not speak MCP on its standard output',
      ),
      opening: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} answered outside the protocol: ${why}`,
        { backend: 'files', why: 'initialize was answered with -32601' },
        'check that an MCP server answers there: correct command and args, or url and transport',
      ),
      refused: says(
        ({ backend, why }: Texts<'backend' | 'why'>) =>
          `Backend ${backend} refused to initialize: ${why}`,
        { backend: 'files', why: 'error -32000: API_KEY is not set' },
        'configure what the server requires (env or args for a program, headers or auth for a URL), or check its log',
      ),
      version: says(
        ({ backend, revision, known }: Texts<'backend' | 'revision' | 'known'>) =>
          `Backend ${backend} answered initialize with protocol revision ${revision}; mcp-proxy supports ${known}`,
        { backend: 'files', revision: '2023-01-01', known: '2024-10-07 to 2025-11-25' },
        'update the server; if its revision is newer, update mcp-proxy',
      ),
    },
    hint: 'ask the server directly, with mcp-proxy tools or mcp-proxy call, to see what it answers',
    http: 200,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: '',
  },
} as const satisfies Record<string, ProblemSpec>
