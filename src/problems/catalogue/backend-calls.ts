// What keeps calls from a backend, or their answers from being used again.
import { errorCodes } from '../../base/error-codes.ts'
import { backend } from './backend.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

export const backendCallProblems = {
  'backend-circuit': {
    ...backend,
    title: 'too many calls to the backend failed: calls are paused',
    cases: {
      open: says(
        ({ backend, seconds }: Texts<'backend' | 'seconds'>) =>
          `Too many calls to backend ${backend} failed: the call was not sent, and calls are paused for ${seconds} s`,
        { backend: 'files', seconds: 30 },
      ),
      'half-open': says(
        ({ backend }: Texts<'backend'>) =>
          `Too many calls to backend ${backend} failed, and a few calls are testing whether it works again: the call was not sent`,
        { backend: 'files' },
      ),
    },
    hint: 'repeat the call after data.retryAfter seconds: it was not sent; mcp_proxy_requests_total has the code by which calls to this backend fail',
    http: 200,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: '',
  },
  'backend-cache': {
    ...backend,
    severity: 'low',
    refuses: 'never',
    title: 'the answer cache is unavailable',
    says: says(
      ({ address, why }: Texts<'address' | 'why'>) =>
        `The cache in Redis at ${address} is unavailable (${why}): all calls go to the backends`,
      { address: '10.0.0.5:6379', why: 'connect ECONNREFUSED 10.0.0.5:6379' },
    ),
    hint: 'start Redis, or check url, password and timeout_seconds in [cache]',
    http: undefined,
    oauth: undefined,
    spec: '',
  },
  'shared-store': {
    ...backend,
    severity: 'medium',
    refuses: 'always',
    outcome: 'undecided',
    title: 'the replica that has the call cannot be reached',
    cases: {
      down: says(
        ({ address, why }: Texts<'address' | 'why'>) =>
          `Redis at ${address} does not answer (${why}): this replica shares nothing with the others`,
        { address: '10.0.0.5:6379', why: 'connect ECONNREFUSED 10.0.0.5:6379' },
        'start Redis, or check url, password and timeout_seconds in [shared]',
      ),
      silent: states(
        'The replica where the call waits for its answer could not be asked: nothing was sent',
        'send the answer again; the proxy needs its Redis for [shared]',
      ),
      gone: states(
        'The replica that went on with the call has ended: the outcome of the call is unknown',
        'find out whether the call was carried out before repeating it',
      ),
    },
    hint: 'start Redis, or check url, password and timeout_seconds in [shared]',
    http: 200,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: '',
  },
} as const satisfies Record<string, ProblemSpec>
