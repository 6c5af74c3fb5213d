// Flaws that other gateways have, and behaviours under fault that ours promises: for each the tests that show it. A test
// that is renamed or removed is missed here.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/** By the numbers of the comparison with other gateways: D for flaws, B for behaviours under fault. */
const shown: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'D2 the token of the caller is stored for the backend and never used, or passed on unasked': {
    'server/fault-callers.test.ts': [
      'neither token goes upstream, and the one of the proxy always does',
    ],
  },
  'D3 tools of the gateway itself lead around the policy': {
    'server/flaws.test.ts': [
      'no tool of the proxy itself lists, finds or calls what a caller may not use',
    ],
    'property/policy.test.ts': [
      'list and call never disagree, whatever the policy, the caller and the route',
    ],
  },
  'D4 roles depend on order, lists of values never match, a misspelt role allows everything': {
    'policy/policy.test.ts': [
      'gives every role that one of its values gives, in whatever order they come',
    ],
    'config/policy.test.ts': [
      'a role that does not exist is refused where it is written, with the one that was meant',
      'roles with a mapping are taken, and a caller without a role is refused by default',
    ],
    'e2e/policy.test.ts': [
      'gets its role from one of several values of a claim, and is shown what that role allows',
    ],
  },
  'D5 a denied name stays callable under another name': {
    'property/policy.test.ts': [
      'list and call never disagree, whatever the policy, the caller and the route',
    ],
    'policy/policy.test.ts': [
      'is about the name that the backend gives, whatever prefix the backend is exposed with',
    ],
    'proxy/routing/exposure.test.ts': ['is not led to a hidden name by a misspelt one'],
  },
  'D6 annotations hide a tool and do not block its call': {
    'proxy/routing/exposure.test.ts': ['lists and calls with %s the same tools, in both eras'],
  },
  'D7 the token of a caller administers, and without tokens anybody does': {
    'server/flaws.test.ts': [
      'a token of a caller, also one with lists, opens nothing of the admin surface',
    ],
    'server/http/serve.test.ts': [
      'without a token it answers loopback callers that speak to it directly',
    ],
    'matrix/status-doors.ts': ['A token of a caller opens nothing there, however good it is.'],
  },
  'D15 introspection loses the audience, and an outage is an invalid token': {
    'e2e/promise-table.ts': [
      "accepted('introspection', 'active, aud in a list'",
      "rejected('introspection', 'intro-aud', 'active without aud'",
      "undecided('introspection', 'intro-reach', 'introspection answers 500'",
    ],
    'matrix/status-causes.ts': ['a good token while the issuer is down'],
  },
  'D16 metadata is advertised and not served, at an address that was bound': {
    'e2e/proxy-oauth.test.ts': [
      'the proxy answers 401 invalid_token with a resource_metadata that answers 200',
    ],
    'config/public-url.test.ts': ['is not guessed beyond loopback'],
    'server/flaws.test.ts': [
      'behind a TLS terminator metadata, challenge and audience name %s, whatever is said by headers and by the address that is bound',
    ],
  },
  'D17 audit and access lines are never printed': {
    'e2e/original-flaws.test.ts': [
      'D17 there the log never shows audit and access lines; here it does, without a filter',
    ],
  },
  'D18 a reload ignores everything but backends': {
    'e2e/original-flaws.test.ts': [
      'D18 there a reload forgets filters and keeps removed tokens; here both count from the next request on',
    ],
  },
  'D19 a reload restarts what did not change, and replaces what works by what does not': {
    'e2e/original-flaws.test.ts': [
      'D19 there a reload restarts what uses a variable, and trades a working backend for one that is gone; here neither',
    ],
    'e2e/reload.test.ts': ['a link that is swapped, as a ConfigMap does it, twice'],
  },
  'D20 an unset variable is a valid token, and secrets are shown': {
    'config/variables.test.ts': ['unset: with the place and with a similar one that is set'],
    'e2e/canary.test.ts': ['tells no secret: not in answers, not in its log'],
  },
  'D21 an open stream keeps the process': {
    'e2e/original-flaws.test.ts': [
      'D21 there an open event stream keeps the process for ever; here it ends while one is open',
    ],
  },
  'D22 health checks need a token': {
    'e2e/original-flaws.test.ts': [
      'D22 there health checks need a token that the image does not send; here they need none, and everything else does',
    ],
    'deploy/deploy-files.test.ts': ['probes need no token, although everything else does'],
  },
  'D23 what is away at the start stays away, what dies stays dead': {
    'e2e/original-flaws.test.ts': [
      'D23 there a backend that is away at the start stays away or stops the start, and a dead program stays dead; here all come back',
    ],
    'backends/stdio/child.test.ts': [
      'a child that crashes again and again is started less and less often, down to twice a minute',
    ],
  },
  'B4 rotation of keys': {
    'server/flaws.test.ts': [
      'a token with a new kid is taken with its first request and one fetch; a thousand unknown kids cause one more at most',
    ],
    'core/validator/key-rotation.test.ts': [
      'verifies the next token although the old set is fresh, and the old token no longer',
    ],
  },
  'B5 the issuer is down at the start or later': {
    'server/http/serve.test.ts': [
      'is no fault of the token: 503 with Retry-After and without a challenge',
    ],
    'e2e/proxy-oauth.test.ts': [
      'cached keys accept a JWT that was never seen',
      'an opaque token gets 503 with Retry-After and no challenge',
      'when it is back, the opaque token is accepted',
    ],
    'core/keys/keys.test.ts': ['past the stale limit nobody can tell'],
  },
  'B6 bad tokens': {
    'matrix/status-causes.ts': [
      'an issuer with a slash too many',
      'the audience among others',
      'HS256 with the public key',
      'the same token in two headers',
      'a good token under the scheme in other letters',
    ],
    'e2e/promise-table.ts': ["rejected('jwt', 'time-exp-missing', 'no exp'"],
  },
  'B7 behind a TLS terminator': {
    'server/flaws.test.ts': [
      'behind a TLS terminator metadata, challenge and audience name %s, whatever is said by headers and by the address that is bound',
    ],
    'server/http/tls.test.ts': [
      'a header from a peer that is not listed is ignored, whatever it contains',
    ],
    'server/status.test.ts': ['a preflight is never asked for a token'],
  },
  'B8 two callers of one backend': {
    'server/fault-callers.test.ts': [
      'the cancel of one leaves the call of the other, with the same id, alone',
      'updates and log messages reach who asked for them, and not the other',
      'the same call of both is two calls, each with its own answer',
      'a session-era child is one process for each, a session-era server has a session for each',
      "the session of one with the token of the other is unknown, and stays the first one's",
    ],
  },
}

const folder = join(import.meta.dirname, '..')

test.each(Object.entries(shown))('%s', (_, places) => {
  for (const [file, texts] of Object.entries(places)) {
    const source = readFileSync(join(folder, file), 'utf8').replaceAll(/\(\s+/g, '(')
    for (const text of texts) {
      expect(source.includes(text), `${file}: ${text}`).toBe(true)
    }
  }
})
