// What a command proposes besides its result.
import { usage } from './usage-words.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const nextCommand = ({ next }: Texts<'next'>): string => `${next}`

export const usageAdviceProblems = {
  'usage-advice': {
    ...usage,
    severity: 'info',
    refuses: 'never',
    title: 'a command went on, with something to know',
    cases: {
      'secret-spaces': says(
        ({ place }: Texts<'place'>) =>
          `the client secret from ${place} begins or ends with white space`,
        { place: 'standard input' },
        'remove the white space, unless it belongs to the secret',
      ),
      'exposed-file': says(
        ({ file }: Texts<'file'>) => `${file} can be read by others: chmod 600 it`,
        { file: 'secret.txt' },
        ({ file }) => `chmod 600 ${file}`,
      ),
      'token-in-arguments': states(
        'a token on the command line stays in the shell history and shows in the process list',
        'give it by stdin ("-"), as @file, or in MCP_PROXY_TOKEN',
      ),
      'gave-up': says(
        ({ seconds }: Texts<'seconds'>) => `gave up after ${seconds} s (--timeout)`,
        { seconds: 30 },
        'raise --timeout, or find out what does not answer',
      ),
      'summary-unwritable': says(
        ({ why }: Texts<'why'>) =>
          `the summary of the run was not written (GITHUB_STEP_SUMMARY): ${why}`,
        { why: 'no such file' },
        'the annotations have every finding; set the variable to the path of a writable file',
      ),
      'no-answer': states(
        'there is no answer to print',
        'the checks of the report say why, without --raw',
      ),
      'answer-redacted': states(
        'the answer contains credentials: they are not shown',
        'nothing is to be done: tokens and secrets are never printed',
      ),
      'client-document': says(
        ({ url }: Texts<'url'>) => `${url} cannot be read from here`,
        { url: 'https://client.example.com/metadata.json' },
        'publish the document where the authorization server can read it, or use --redirect-uri',
      ),
      'not-renewed': says(
        ({ name, why }: Texts<'name' | 'why'>) => `could not renew the token of ${name}: ${why}`,
        { name: 'acme', why: 'no connection could be made' },
        'the token is used while it is valid; mcp-proxy login makes a new one',
      ),
      'list-absent': says(
        ({ kind, why }: Texts<'kind' | 'why'>) =>
          `the list of ${kind}s could not be fetched (${why}): nothing was checked before the call`,
        { kind: 'tool', why: 'error -32603' },
        'mcp-proxy tools shows what the server offers',
      ),
      'tool-failed': states(
        'the tool says that it failed (isError)',
        'the result has the words of the tool',
      ),
      'nothing-to-write': states(
        '--output: the result has nothing to write',
        'leave --output out to see the result',
      ),
      'question-declined': says(
        ({ server, message }: Texts<'server' | 'message'>) =>
          `${server} asks: ${message}: declined, since there is no terminal to answer at`,
        { server: 'files', message: 'Delete the folder?' },
        'repeat the call at a terminal to answer it',
      ),
      'pasted-form': states(
        'what was pasted is no address with a code and a state: paste the whole address of the page that the browser ended at',
      ),
      'pasted-state': states(
        'what was pasted has no state, so it is not known for which login it is: paste the whole address, or the code and the state with a blank between them',
      ),
      'pasted-issuer': states(
        'what was pasted does not name the issuer (iss), which this server does in each answer: paste the whole address',
      ),
      'pasted-other': states(
        'what was pasted has the state of another login: paste the address that the login just opened ended at',
      ),
      'login-unusable': says(
        ({ name, why }: Texts<'name' | 'why'>) => `the login ${name} cannot be used: ${why}`,
        { name: 'acme', why: 'it has expired, and it has no refresh token' },
        ({ name }) => `log in once more; mcp-proxy logout ${name} removes it`,
      ),
      'not-ignored': says(
        ({ file }: Texts<'file'>) => `no .gitignore names ${file}, and secrets go into it`,
        { file: '.env' },
        ({ file }) => `echo ${file} >> .gitignore`,
      ),
      'sign-check': says(
        ({ id }: Texts<'id' | 'next'>) => `the text names the check ${id}`,
        { id: 'time-exp', next: 'mcp-proxy validate @token.txt' },
        nextCommand,
      ),
      'sign-vendor': says(
        ({ vendor, code, means }: Texts<'vendor' | 'code' | 'means' | 'next'>) =>
          `${vendor} ${code}: ${means}`,
        {
          vendor: 'Microsoft Entra ID',
          code: 'AADSTS700082',
          means: 'the refresh token was not used for too long: log in again',
          next: 'mcp-proxy login https://mcp.example.com/mcp',
        },
        nextCommand,
      ),
      'sign-vendor-unknown': says(
        ({ vendor, code }: Texts<'vendor' | 'code' | 'source'>) =>
          `${vendor} ${code}: not in the table of explain`,
        {
          vendor: 'Microsoft Entra ID',
          code: 'AADSTS99999',
          source: 'https://login.microsoftonline.com/error?code=99999',
        },
        ({ source }) => `look it up: ${source}`,
      ),
      'sign-words': says(
        ({ code, means }: Texts<'code' | 'means' | 'next'>) =>
          `the message of a library, "${code}": ${means}`,
        {
          code: 'jwt malformed',
          means: 'this is no signed JWT: perhaps an opaque token',
          next: 'mcp-proxy validate @token.txt',
        },
        nextCommand,
      ),
      'sign-system': says(
        ({ code, means }: Texts<'code' | 'means' | 'next'>) => `the system error ${code}: ${means}`,
        {
          code: 'ENOTFOUND',
          means: 'the host name does not resolve',
          next: 'mcp-proxy discover https://mcp.example.com/mcp',
        },
        nextCommand,
      ),
      'sign-oauth': says(
        ({ code, means }: Texts<'code' | 'means' | 'next'>) => `the OAuth error ${code}: ${means}`,
        {
          code: 'invalid_target',
          means: 'the authorization server does not know the resource',
          next: 'mcp-proxy login https://mcp.example.com/mcp',
        },
        nextCommand,
      ),
      'sign-first-contact': says(
        ({ scheme }: Texts<'scheme' | 'next'>) =>
          `a ${scheme} challenge without an error: the request had no token, and the server says where to log in`,
        { scheme: 'Bearer', next: 'mcp-proxy login https://mcp.example.com/mcp' },
        nextCommand,
      ),
      'sign-no-metadata': says(
        ({ scheme }: Texts<'scheme' | 'next'>) =>
          `a ${scheme} challenge without resource_metadata: clients have to guess where to log in`,
        { scheme: 'Bearer', next: 'mcp-proxy discover https://mcp.example.com/mcp' },
        nextCommand,
      ),
      'sign-bad-metadata': says(
        ({ why }: Texts<'why' | 'next'>) => `resource_metadata of the challenge ${why}`,
        { why: 'is no absolute URL', next: 'mcp-proxy discover https://mcp.example.com/mcp' },
        nextCommand,
      ),
      'sign-other-scheme': says(
        ({ scheme }: Texts<'scheme' | 'next'>) =>
          `a challenge for ${scheme} alone: no client of MCP logs in that way`,
        { scheme: 'Basic', next: 'mcp-proxy discover https://mcp.example.com/mcp' },
        nextCommand,
      ),
      'sign-broken-challenge': says<Texts<'next'>>(
        () => 'the challenge is not well-formed: clients may not read all of it',
        { next: 'mcp-proxy discover https://mcp.example.com/mcp' },
        nextCommand,
      ),
      'sign-rpc': says(
        ({ code, means }: Texts<'code' | 'means' | 'next'>) =>
          `the JSON-RPC error ${code}: ${means}`,
        {
          code: '-32601',
          means: 'the server does not offer the method',
          next: 'mcp-proxy discover https://mcp.example.com/mcp',
        },
        nextCommand,
      ),
      'sign-status': says(
        ({ code, means }: Texts<'code' | 'means' | 'next'>) => `HTTP status ${code}: ${means}`,
        {
          code: '404',
          means: 'nothing is at this address, or the session has ended',
          next: 'mcp-proxy discover https://mcp.example.com/mcp',
        },
        nextCommand,
      ),
      'left-out': says(
        ({ what, why }: Texts<'what' | 'why'>) => `${what}: ${why}`,
        { what: 'timeout of files', why: 'clients count it in different units' },
        'add it to the configuration by hand, where it is wanted',
      ),
      'server-left-out': says(
        ({ what, why }: Texts<'what' | 'why' | 'remedy'>) => `${what}: ${why}`,
        {
          what: 'files of .mcp.json',
          why: 'it is disabled in its file',
          remedy: 'enable it in its file, or give it with --backend',
        },
        ({ remedy }) => `${remedy}`,
      ),
    },
  },
} as const satisfies Record<string, ProblemSpec>
