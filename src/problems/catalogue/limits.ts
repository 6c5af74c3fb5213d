// How often and how much.
import { errorCodes } from '../../base/error-codes.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const limit = {
  group: 'limit',
  severity: 'medium',
  refuses: 'configured',
  outcome: 'rejected',
} as const

export const limitProblems = {
  'limit-rate': {
    ...limit,
    title: 'too many requests',
    cases: {
      all: says(
        ({ requests, seconds }: Texts<'requests' | 'seconds'>) =>
          `More than ${requests} requests in ${seconds} s`,
        { requests: 60, seconds: 60 },
        'wait as long as Retry-After says, or raise requests of proxy.rate_limit',
      ),
      rule: says(
        ({ rule, requests, seconds }: Texts<'rule' | 'requests' | 'seconds'>) =>
          `The limit ${rule} allows ${requests} requests in ${seconds} s`,
        { rule: 'per-caller', requests: 60, seconds: 60 },
        'wait as long as Retry-After says, or raise requests of the rule in limits.rules',
      ),
    },
    hint: 'wait as long as Retry-After says, or raise requests of proxy.rate_limit or of the rule in limits.rules',
    http: 429,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: 'RFC 6585 section 4',
  },
  'limit-backend-rate': {
    ...limit,
    title: 'too many requests for this backend',
    says: says(
      ({ backend, requests, seconds }: Texts<'backend' | 'requests' | 'seconds'>) =>
        `Backend ${backend} accepts ${requests} requests in ${seconds} s`,
      { backend: 'files', requests: 10, seconds: 1 },
    ),
    hint: 'wait data.retryAfter seconds, or raise the rate limit of this backend',
    http: 200,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: '',
  },
  'limit-backend-calls': {
    ...limit,
    title: 'too many calls at this backend',
    cases: {
      full: says(
        ({ backend, limit, queue }: Texts<'backend' | 'limit' | 'queue'>) =>
          `Backend ${backend} has ${limit} calls in progress and ${queue} more waiting: this one was not sent`,
        { backend: 'files', limit: 10, queue: 1000 },
        'repeat the call later: it was not sent; raise concurrency.max_concurrent or concurrency.max_queued of this backend',
      ),
      late: says(
        ({ backend, limit, seconds }: Texts<'backend' | 'limit' | 'seconds'>) =>
          `Backend ${backend} was busy with ${limit} other calls for ${seconds} s: this one was not sent`,
        { backend: 'files', limit: 10, seconds: 30 },
        'repeat the call later: it was not sent; raise concurrency.max_concurrent or concurrency.max_wait_seconds of this backend',
      ),
    },
    hint: 'repeat the call later: it was not sent; raise concurrency of this backend',
    http: 200,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: '',
  },
  'limit-calls': {
    ...limit,
    refuses: 'always',
    title: 'too many calls in flight',
    cases: {
      all: says(
        ({ limit }: Texts<'limit'>) => `No more than ${limit} calls can be in flight at a time`,
        { limit: 1000 },
        'wait for an answer and try again, or raise proxy.max_calls or proxy.max_calls_per_caller',
      ),
      rule: says(
        ({ rule, limit }: Texts<'rule' | 'limit'>) =>
          `The limit ${rule} allows ${limit} calls at a time`,
        { rule: 'slow-tools', limit: 4 },
        'wait for an answer and try again, or raise max_concurrent of the rule in limits.rules',
      ),
    },
    hint: 'wait for an answer and try again, or raise proxy.max_calls, proxy.max_calls_per_caller or max_concurrent of the rule in limits.rules',
    http: 429,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: 'RFC 6585 section 4',
  },
  'limit-store': {
    ...limit,
    outcome: 'undecided',
    title: 'requests cannot be counted at the moment',
    cases: {
      uncounted: says(
        ({ rule }: Texts<'rule'>) => `The limit ${rule} cannot count requests at the moment`,
        { rule: 'per-caller' },
        'try again as Retry-After says; the proxy needs its Redis, unless limits.redis.on_failure = "open"',
      ),
      open: says(
        ({ address, why }: Texts<'address' | 'why'>) =>
          `Redis at ${address} does not count requests (${why}): each process counts on its own`,
        { address: '10.0.0.5:6379', why: 'connect ECONNREFUSED 10.0.0.5:6379' },
        'start Redis, or look at limits.redis: its url, its password and timeout_seconds',
      ),
      closed: says(
        ({ address, why }: Texts<'address' | 'why'>) =>
          `Redis at ${address} does not count requests (${why}): calls that have to be counted are refused`,
        { address: '10.0.0.5:6379', why: 'no answer in 0.25 s' },
        'start Redis, or look at limits.redis: its url, its password and timeout_seconds',
      ),
    },
    hint: 'start Redis, or look at limits.redis',
    http: 503,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: 'RFC 9110 section 15.6.4',
  },
  'limit-connections': {
    ...limit,
    refuses: 'always',
    title: 'too many open connections',
    says: says(
      ({ limit }: Texts<'limit'>) =>
        `No more than ${limit} connections can be open at one time, and all are in use`,
      { limit: 10_000 },
    ),
    hint: 'try again later, or raise proxy.max_connections',
    http: 503,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: 'RFC 9110 section 15.6.4',
  },
  'limit-introspection': {
    ...limit,
    refuses: 'always',
    outcome: 'undecided',
    title: 'too many unknown tokens are waiting for introspection',
    says: says(
      ({ whose }: Texts<'whose'>) => `Too many introspection calls are waiting: ${whose}`,
      {
        whose: 'of unknown tokens from this address',
      },
    ),
    hint: 'try again as Retry-After says; behind a load balancer all callers are one address, so limit them there',
    http: 503,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: 'RFC 7662 section 4',
  },
  'limit-suspensions': {
    ...limit,
    refuses: 'always',
    title: 'too many calls wait for an answer from their client',
    says: states('Too many calls are already waiting for an answer'),
    hint: 'answer the open questions; each waits for ten minutes',
    http: 200,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: 'MCP 2026-07-28 multi round-trip requests',
  },
  'limit-rounds': {
    ...limit,
    refuses: 'always',
    title: 'the backend keeps asking',
    says: says(
      ({ limit }: Texts<'limit'>) => `The server asked more than ${limit} times in one call`,
      { limit: 10 },
    ),
    hint: 'the call was given up; report it to the operator of the backend',
    http: 200,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: 'MCP 2026-07-28 multi round-trip requests',
  },
  'limit-streams': {
    ...limit,
    refuses: 'always',
    title: 'too many open subscriptions',
    says: states('No more subscriptions can be open at one time'),
    hint: 'end a subscription that is not needed; one subscription can cover everything',
    http: 200,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: 'MCP 2026-07-28 subscriptions',
  },
  'limit-sessions': {
    ...limit,
    refuses: 'always',
    title: 'too many sessions at this backend',
    says: says(
      ({ backend, limit }: Texts<'backend' | 'limit'>) =>
        `Backend ${backend} has ${limit} sessions for callers, and all are in use`,
      { backend: 'files', limit: 50 },
    ),
    hint: 'try again later, or raise max_sessions of the backend',
    http: 200,
    jsonrpc: errorCodes.internalError,
    oauth: undefined,
    spec: '',
  },
} as const satisfies Record<string, ProblemSpec>
