// When the token is valid.
import { advice, refused } from './outcomes.ts'
import { says, states, type ProblemSpec, type Texts } from './spec.ts'

const time = { group: 'time', ...refused } as const

export const timeProblems = {
  'time-exp': {
    ...time,
    severity: 'fatal',
    refuses: 'always',
    title: 'the token has expired',
    says: says(({ ago, iso }: Texts<'ago' | 'iso'>) => `Expired ${ago} ago (${iso})`, {
      ago: '5 min',
      iso: '2026-11-28T16:00:00Z',
    }),
    hint: 'request a new token; if it is new, compare the clocks',
    spec: 'RFC 7519 section 4.1.4',
  },
  'time-exp-missing': {
    ...time,
    severity: 'fatal',
    refuses: 'always',
    title: 'the token has no expiry',
    says: states('No exp: the token would never expire'),
    hint: 'make the authorization server set exp',
    spec: 'RFC 9068 section 2.2',
  },
  'time-nbf': {
    ...time,
    severity: 'fatal',
    refuses: 'always',
    title: 'the token is not valid yet',
    says: says(({ wait, iso }: Texts<'wait' | 'iso'>) => `Not valid for another ${wait} (${iso})`, {
      wait: '5 min',
      iso: '2026-11-28T16:00:00Z',
    }),
    hint: 'wait, or compare the clocks of the issuer and of this machine',
    spec: 'RFC 7519 section 4.1.5',
  },
  'time-iat-future': {
    ...time,
    severity: 'medium',
    refuses: 'configured',
    title: 'the token was issued in the future',
    says: says(({ n }: Texts<'n'>) => `Issued ${n} s in the future: a clock is wrong`, { n: 300 }),
    hint: 'synchronise the clocks of the issuer and of this machine (NTP)',
    spec: 'RFC 7519 section 4.1.6',
  },
  'time-lifetime': {
    ...time,
    severity: 'medium',
    refuses: 'configured',
    title: 'the token is valid for too long',
    says: says(
      ({ lifetime, limit }: Texts<'lifetime' | 'limit'>) =>
        `Valid for ${lifetime}, longer than ${limit}`,
      { lifetime: '30 d', limit: '1 d' },
    ),
    hint: 'shorten the lifetime, or introspect to see revocation',
    spec: 'RFC 9700 section 2.2',
  },
  'time-units': {
    ...time,
    severity: 'fatal',
    refuses: 'always',
    title: 'a date in the token is not in seconds',
    cases: {
      milliseconds: says(
        ({ claim, value }: Texts<'claim' | 'value'>) =>
          `${claim} looks like milliseconds (${value})`,
        { claim: 'exp', value: 1_790_000_000_000 },
        'make the issuer divide by 1000: dates are seconds since 1970',
      ),
      text: says(
        ({ claim, value }: Texts<'claim' | 'value'>) =>
          `${claim} is a string (${value}), not a number of seconds`,
        { claim: 'exp', value: '"1790000000"' },
        'make the issuer write the number without quotes',
      ),
      words: says(
        ({ claim, value }: Texts<'claim' | 'value'>) =>
          `${claim} is a string (${value}), not a number of seconds`,
        { claim: 'exp', value: '"2026-11-30T06:00:00Z"' },
      ),
      form: says(
        ({ claim, value }: Texts<'claim' | 'value'>) =>
          `${claim} is ${value}, not a number of seconds`,
        { claim: 'iat', value: 'true' },
      ),
      beyond: says(({ claim }: Texts<'claim'>) => `${claim} is beyond any date`, { claim: 'exp' }),
      negative: says(
        ({ claim, value }: Texts<'claim' | 'value'>) => `${claim} is negative (${value})`,
        { claim: 'nbf', value: -1 },
      ),
    },
    hint: 'make the issuer write dates as a number of seconds since 1970',
    spec: 'RFC 7519 section 2',
  },
  'time-clock': {
    group: 'time',
    ...advice,
    severity: 'high',
    title: 'the local clock is wrong',
    says: says(({ n, dir }: Texts<'n' | 'dir'>) => `The local clock is ${n} s ${dir}`, {
      n: 90,
      dir: 'behind',
    }),
    hint: 'synchronise the clock (NTP) before you raise clock_tolerance',
    spec: 'RFC 9110 section 6.6.1',
  },
} as const satisfies Record<string, ProblemSpec>
