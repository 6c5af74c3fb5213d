// Reports of `validate` that are the same on every run: a fixed key, a fixed token, a clock that stands still.
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { openJudge, type JudgeOptions } from '../../../src/cli/validate/judge-token.ts'
import { mendToken } from '../../../src/cli/token/token-repairs.ts'
import type { ValidateReport } from '../../../src/cli/validate/validate-report.ts'
import { authConfigSchema } from '../../../src/core/auth-config/auth-config.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import {
  goodClaims,
  mintRaw,
  testAudience,
  testIssuer,
  type Members,
  type SigningKey,
} from '../../support/tokens.ts'

/** RFC 8410 section 7: the frame of an Ed25519 private key around its 32 bytes. */
const frame = Buffer.from('302e020100300506032b657004220420', 'hex')
const privateKey = createPrivateKey({
  key: Buffer.concat([frame, Buffer.alloc(32, 7)]),
  format: 'der',
  type: 'pkcs8',
})
const publicKey = createPublicKey(privateKey)

export const fixedKey: SigningKey = {
  alg: 'EdDSA',
  kid: '2026-08',
  privateKey,
  publicKey,
  publicJwk: {
    ...publicKey.export({ format: 'jwk' }),
    kid: '2026-08',
    alg: 'EdDSA',
    use: 'sig',
  },
}

/** EdDSA signs the same bytes the same way, so that even the fingerprint stands still. */
export const fixedToken = (claims: Members = {}, header: Members = {}): string =>
  mintRaw(fixedKey, { payload: goodClaims(claims), header })

const silent = { quiet: true, note: () => undefined, warn: () => undefined, env: {} }

export const judgedText = async (
  text: string,
  section: object = {},
  options: Partial<JudgeOptions> = {},
): Promise<ValidateReport> => {
  const auth = authConfigSchema.parse({
    type: 'oauth',
    issuer: testIssuer,
    audience: testAudience,
    ...section,
  })
  const keys = { keys: [fixedKey.publicJwk] }
  const judge = await openJudge(
    { auth, publicUrl: testAudience, localKeys: keys, file: undefined, from: 'flags' },
    {
      clock: createManualClock(),
      nowGiven: false,
      followIss: false,
      timeoutSeconds: 20,
      request: {},
      network: {},
      ...options,
    },
    silent,
  )
  try {
    const { report } = await judge.judge(mendToken(text), 'standard input')
    return report
  } finally {
    judge.close()
  }
}
