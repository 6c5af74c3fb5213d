// What discover has to say about each route of the hostile server: its exit code and the gravest finding.
import type { ProblemCode } from '../../src/base/problem.ts'

export interface HostileRow {
  /** Where an answer never came to its end, both "wrong" and "cannot tell" would be honest. */
  readonly exit: number | readonly number[]
  /** The finding that leads: the first of the gravest. Undefined: nothing counts. */
  readonly first: ProblemCode | undefined
  /** Other findings of the same weight stand before it in the report; it has to be among them. */
  readonly among?: boolean
  /** It holds until it is given up: run with a short --timeout. */
  readonly slow?: boolean
}

const cannotTell = [1, 3] as const

const found = (
  exit: HostileRow['exit'],
  first: ProblemCode | undefined,
  more: Partial<HostileRow> = {},
): HostileRow => ({ exit, first, ...more })

const slow = { slow: true }
const among = { among: true }

export const hostileTable: Readonly<Record<string, HostileRow>> = {
  good: found(0, undefined),
  'good-mcp': found(0, undefined),

  'issuer-mismatch': found(1, 'asm-issuer'),
  'issuer-template': found(1, 'asm-issuer'),
  'issuer-huge': found(1, 'asm-issuer'),
  'issuer-poison': found(1, 'asm-issuer'),
  'issuer-missing': found(1, 'asm-found'),
  html: found(1, 'asm-found'),
  'empty-200': found(1, 'asm-found'),
  'no-content': found(1, 'asm-found'),
  'error-500': found(3, 'asm-found'),
  'too-many-429': found(3, 'asm-found'),
  'login-401': found(1, 'asm-found'),
  'odd-status': found(3, 'asm-found'),
  array: found(1, 'asm-found'),
  null: found(1, 'asm-found'),
  string: found(1, 'asm-found'),
  'cut-json': found(1, 'asm-found'),
  'deep-json': found(1, 'asm-found'),
  'deep-objects': found(1, 'asm-found'),
  bom: found(1, 'asm-found'),
  'invalid-utf8': found(1, 'asm-found'),
  'nul-bytes': found(1, 'asm-found'),
  utf16: found(1, 'asm-found'),

  'five-megabytes': found(1, 'asm-found'),
  'five-gigabytes': found(1, 'asm-found'),
  'slow-body': found(cannotTell, 'asm-found', slow),
  'slow-headers': found(3, 'asm-found', slow),
  'endless-103': found(3, 'asm-found', slow),
  'no-answer': found(3, 'asm-found', slow),
  'huge-headers': found(cannotTell, 'asm-found'),
  'many-headers': found(cannotTell, 'asm-found'),
  'reset-mid-body': found(cannotTell, 'asm-found'),
  'length-too-long': found(cannotTell, 'asm-found'),
  'length-too-short': found(1, 'asm-found'),
  'two-lengths': found(cannotTell, 'asm-found'),
  'chunked-garbage': found(cannotTell, 'asm-found'),
  'not-http': found(cannotTell, 'asm-found'),
  'gzip-bomb': found(1, 'asm-found'),
  'gzip-twice': found(1, 'asm-found'),
  'gzip-broken': found(1, 'asm-found'),
  'brotli-unasked': found(0, undefined),
  'header-escape': found(cannotTell, 'asm-found'),
  'coding-poison': found(1, 'asm-found'),

  'redirect-loop': found(1, 'asm-found'),
  'redirect-two': found(1, 'asm-found'),
  'redirect-origin': found(1, 'asm-found'),
  'redirect-metadata': found(1, 'asm-found'),
  'redirect-file': found(1, 'asm-found'),
  'redirect-poison': found(1, 'asm-found'),
  'redirect-credentials': found(1, 'asm-found'),

  'members-null': found(1, 'asm-jwks-uri', among),
  'members-numbers': found(1, 'asm-jwks-uri', among),
  'members-numeric-strings': found(cannotTell, 'asm-tls-urls'),
  'members-nested': found(1, 'asm-jwks-uri', among),
  'members-poison': found(cannotTell, 'asm-tls-urls'),
  'lists-poison': found(1, 'asm-jwks-uri', among),
  'names-poison': found(1, 'asm-jwks-uri', among),
  'members-giant': found(1, 'asm-jwks-uri', among),
  'members-many': found(1, 'asm-jwks-uri', among),
  'members-twice': found(1, 'asm-issuer'),
  'members-proto': found(1, 'asm-jwks-uri', among),
  'jwks-javascript': found(cannotTell, 'asm-tls-urls'),
  'jwks-http': found(cannotTell, 'asm-tls-urls'),
  'jwks-credentials': found(cannotTell, 'jwks-fetch', among),
  'jwks-relative': found(cannotTell, 'asm-tls-urls'),
  'jwks-metadata-address': found(cannotTell, 'jwks-fetch', among),
  'jwks-decimal-address': found(cannotTell, 'jwks-fetch', among),
  'jwks-octal-address': found(cannotTell, 'jwks-fetch', among),
  'jwks-mapped-address': found(cannotTell, 'jwks-fetch', among),
  'jwks-metadata-name': found(cannotTell, 'jwks-fetch', among),
  'jwks-private-address': found(cannotTell, 'jwks-fetch', among),
  'jwks-other-host': found(3, 'jwks-fetch'),

  // That none is usable is told beside why: the reason leads once findings are ordered by cause.
  'keys-private': found(1, 'jwks-private-key', among),
  'keys-symmetric': found(1, 'jwks-symmetric', among),
  'keys-weak': found(1, 'jwks-weak-key', among),
  'keys-giant': found(1, 'jwks-weak-key', among),
  'keys-off-curve': found(1, 'jwks-usable', among),
  'keys-twice': found(1, 'jwks-duplicate-kid'),
  'keys-without-kid': found(0, undefined),
  'keys-many': found(1, 'jwks-fetch'),
  'keys-thousands': found(1, 'jwks-usable'),
  'keys-same-kid-thousands': found(1, 'jwks-usable'),
  'keys-empty': found(1, 'jwks-usable'),
  'keys-wrong-types': found(1, 'jwks-usable'),
  'keys-poison': found(1, 'jwks-usable'),
  'keys-proto': found(1, 'jwks-usable'),
  'keys-not-a-list': found(1, 'jwks-fetch'),
  'keys-html': found(1, 'jwks-fetch'),
  'keys-500': found(3, 'jwks-fetch'),
  'keys-hang': found(3, 'jwks-fetch', slow),
  'keys-redirect': found(1, 'jwks-fetch'),

  'mcp-200': found(1, 'prm-challenge'),
  // A server in trouble leads to its authorization server all the same.
  'mcp-500': found([0, 3], undefined),
  'mcp-no-challenge': found(1, 'prm-challenge'),
  'challenge-broken': found(0, undefined),
  'challenge-two': found(0, undefined),
  'challenge-huge': found(0, undefined),
  'challenge-poison': found(0, undefined),
  'challenge-relative': found(0, undefined),
  'challenge-other-host': found(1, 'prm-location'),
  'challenge-metadata-address': found(1, 'prm-location'),
  'challenge-javascript': found(1, 'prm-location'),
  'prm-servers-500': found(3, 'asm-found', among),
  'prm-servers-cycle': found(1, 'prm-servers'),
  'prm-servers-types': found(1, 'prm-servers'),
  'prm-servers-private': found(cannotTell, 'asm-found', among),
  'prm-servers-metadata-address': found(cannotTell, 'asm-found', among),
  'prm-resource-other': found(1, 'prm-resource'),
  'prm-poison': found(1, 'prm-resource'),
  'prm-wrong-types': found(1, 'prm-resource'),
  'prm-401': found(1, 'prm-open'),
  'prm-html': found(1, 'asm-found', among),
  'prm-deep': found(1, 'asm-found', among),
  'mcp-hang': found(3, undefined, slow),
}
