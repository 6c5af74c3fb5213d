// What discover has to say about each route of the hostile server: its exit code, and what it tells first.
import type { ProblemCode } from '../../src/problems/problem.ts'

export interface HostileRow {
  readonly exit: 0 | 1 | 3
  /** What leads the report: of findings the one to mend first, of open questions the first, else the first advice. */
  readonly first: ProblemCode
  /** It holds until it is given up: run with a short --timeout. */
  readonly slow?: boolean
}

const found = (first: ProblemCode): HostileRow => ({ exit: 1, first })

/** Nobody can tell: an answer did not come, or never came to its end. */
const open = (first: ProblemCode): HostileRow => ({ exit: 3, first })

/** Nothing grave enough to stop a client; what could be better is told all the same. */
const fine = (first: ProblemCode): HostileRow => ({ exit: 0, first })

const slow = (row: HostileRow): HostileRow => ({ ...row, slow: true })

export const hostileTable: Readonly<Record<string, HostileRow>> = {
  good: fine('jwks-cache'),
  'good-mcp': fine('prm-open'),

  'issuer-mismatch': found('asm-issuer'),
  'issuer-template': found('asm-issuer-template'),
  'issuer-huge': found('asm-issuer'),
  'issuer-poison': found('asm-issuer'),
  'issuer-missing': found('asm-found'),
  html: found('asm-found'),
  'empty-200': found('asm-found'),
  'no-content': found('asm-found'),
  'error-500': open('asm-found'),
  'too-many-429': open('asm-found'),
  'login-401': found('asm-found'),
  'odd-status': open('asm-found'),
  array: found('asm-found'),
  null: found('asm-found'),
  string: found('asm-found'),
  'cut-json': found('asm-found'),
  'deep-json': found('asm-found'),
  'deep-objects': found('asm-found'),
  bom: fine('asm-http'),
  'invalid-utf8': found('asm-found'),
  'nul-bytes': found('asm-found'),
  utf16: found('asm-found'),

  'five-megabytes': found('asm-found'),
  'five-gigabytes': found('asm-found'),
  'slow-body': slow(open('asm-found')),
  'slow-headers': slow(open('net-reach')),
  'endless-103': slow(open('net-reach')),
  'no-answer': slow(open('net-reach')),
  'huge-headers': found('net-reach'),
  'many-headers': found('net-reach'),
  'reset-mid-body': open('asm-found'),
  'length-too-long': open('asm-found'),
  'length-too-short': found('asm-found'),
  'two-lengths': found('net-reach'),
  'chunked-garbage': found('asm-found'),
  'not-http': found('net-reach'),
  'gzip-bomb': found('asm-found'),
  'gzip-twice': found('asm-found'),
  'gzip-broken': found('asm-found'),
  'brotli-unasked': fine('jwks-cache'),
  'header-escape': found('net-reach'),
  'coding-poison': found('asm-found'),

  'redirect-loop': found('asm-found'),
  'redirect-two': found('asm-found'),
  'redirect-origin': found('asm-found'),
  'redirect-metadata': found('asm-found'),
  'redirect-file': found('asm-found'),
  'redirect-poison': found('asm-found'),
  'redirect-credentials': found('asm-found'),

  'members-null': found('asm-jwks-uri'),
  'members-numbers': found('asm-jwks-uri'),
  'members-numeric-strings': found('asm-tls-urls'),
  'members-nested': found('asm-jwks-uri'),
  'members-poison': found('asm-tls-urls'),
  'lists-poison': found('asm-jwks-uri'),
  'names-poison': found('asm-jwks-uri'),
  'members-giant': found('asm-jwks-uri'),
  'members-many': found('asm-jwks-uri'),
  'members-twice': found('asm-duplicate-member'),
  'members-proto': found('asm-jwks-uri'),
  'jwks-javascript': found('asm-tls-urls'),
  'jwks-http': found('asm-tls-urls'),
  'jwks-credentials': found('jwks-fetch'),
  'jwks-relative': found('asm-tls-urls'),
  'jwks-metadata-address': found('asm-private-host'),
  'jwks-decimal-address': found('asm-private-host'),
  'jwks-octal-address': found('asm-private-host'),
  'jwks-mapped-address': found('asm-private-host'),
  'jwks-metadata-name': found('asm-private-host'),
  'jwks-private-address': found('asm-private-host'),
  'jwks-other-host': found('asm-private-host'),

  // That none is usable is told beside why; the reason leads.
  'keys-private': found('jwks-private-key'),
  'keys-symmetric': found('jwks-symmetric'),
  'keys-weak': found('jwks-weak-key'),
  'keys-giant': found('jwks-weak-key'),
  'keys-off-curve': found('jwks-usable'),
  'keys-twice': found('jwks-duplicate-kid'),
  'keys-without-kid': fine('jwks-missing-kid'),
  'keys-many': found('jwks-fetch'),
  'keys-thousands': found('jwks-usable'),
  'keys-same-kid-thousands': found('jwks-usable'),
  'keys-empty': found('jwks-usable'),
  'keys-wrong-types': found('jwks-usable'),
  'keys-poison': found('jwks-usable'),
  'keys-proto': found('jwks-usable'),
  'keys-not-a-list': found('jwks-fetch'),
  'keys-html': found('jwks-fetch'),
  'keys-500': open('jwks-fetch'),
  'keys-hang': slow(open('jwks-fetch')),
  'keys-redirect': found('jwks-fetch'),

  'mcp-200': found('prm-challenge'),
  // A server in trouble leads to its authorization server all the same, but says nothing about itself.
  'mcp-500': open('mcp-answer'),
  'mcp-no-challenge': found('prm-challenge'),
  'challenge-broken': fine('prm-resource-metadata-param'),
  'challenge-two': fine('prm-open'),
  'challenge-huge': fine('prm-resource-metadata-param'),
  'challenge-poison': fine('prm-resource-metadata-param'),
  'challenge-relative': fine('prm-resource-metadata-param'),
  'challenge-other-host': found('prm-location'),
  'challenge-metadata-address': found('prm-location'),
  'challenge-javascript': found('prm-location'),
  'prm-servers-500': open('asm-found'),
  'prm-servers-cycle': found('prm-servers'),
  'prm-servers-types': found('prm-servers'),
  'prm-servers-private': open('asm-found'),
  'prm-servers-metadata-address': found('prm-servers'),
  'prm-resource-other': found('prm-resource'),
  'prm-poison': found('prm-resource'),
  'prm-wrong-types': found('prm-resource'),
  'prm-401': found('prm-open'),
  'prm-html': found('prm-open'),
  'prm-deep': found('prm-open'),
  'mcp-hang': slow(open('net-reach')),
}
