// Mistakes of ours.
import { errorCodes } from '../../base/error-codes.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

export const internalProblems = {
  'internal-error': {
    group: 'internal',
    severity: 'fatal',
    refuses: 'always',
    outcome: 'undecided',
    title: 'an error inside the proxy',
    cases: {
      call: states('Internal error'),
      command: says(
        ({ kind, report }: Texts<'kind' | 'report'>) =>
          `Internal error (${kind}, report ${report})`,
        { kind: 'TypeError', report: '1f0c9a3e' },
        'run again with MCP_PROXY_DEBUG=1 to see where, and please report it',
      ),
    },
    hint: 'the log has the details under the request id; please report it',
    http: 500,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: '',
  },
} as const satisfies Record<string, ProblemSpec>
