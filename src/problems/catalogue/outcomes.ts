// The outcomes that many entries have in common.

/** The token is refused. */
export const refused = { outcome: 'rejected', http: 401, oauth: 'invalid_token' } as const

/** What is wrong with the authorization server is never the fault of a token. */
export const unsettled = { outcome: 'undecided', http: 503, oauth: undefined } as const

/** Nothing is refused for it. */
export const advice = {
  refuses: 'never',
  outcome: 'rejected',
  http: undefined,
  oauth: undefined,
} as const
