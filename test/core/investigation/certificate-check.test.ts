// Why a certificate is not trusted: each cause has its own remedy.
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { checkServerCertificates } from '../../../src/core/investigation/certificate-check.ts'
import { problemFrom, type Check } from '../../../src/core/verdict/check.ts'
import { lookAtCertificate } from '../../../src/net/peer-certificate.ts'
import { hintOf } from '../../../src/problems/problem.ts'
import { createAuthority } from '../../support/certificates.ts'

const now = Date.parse('2026-11-29T00:00:00Z')
const year = 365 * 86_400_000
const origin = 'https://id.acme.test'

const said = (check: Check | undefined): string => {
  if (check?.status !== 'fail') return check?.status ?? 'none'
  const problem = problemFrom(check)
  return `${problem.case ?? ''}: ${problem.detail}; ${hintOf(problem)}`
}

const trust = (distrust: string, from = now - year): string => {
  const seen = {
    distrust,
    protocol: 'TLSv1.3',
    names: ['id.acme.test'],
    authority: 'Acme CA',
    validFrom: from,
    validTo: now + year,
  } as const
  return said(checkServerCertificates([{ origin, seen }], now)[0])
}

test.each<[string, RegExp]>([
  ['SELF_SIGNED_CERT_IN_CHAIN', /^untrusted: .*; trust that authority with --ca-file/],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /^untrusted: /],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /^chain: .*; configure the server to send its intermediate/],
  ['UNABLE_TO_GET_ISSUER_CERT', /^chain: /],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', /^self-signed: .*; trust this very certificate/],
  ['CERT_HAS_EXPIRED', /^expired: .*; renew the certificate/],
  ['CERT_NOT_YET_VALID', /^early-chain: .*; set the clock of this machine/],
  ['CERT_REVOKED', /^revoked: .*; replace the certificate/],
  ['INVALID_PURPOSE', /^purpose: .*is not for servers .*; .*includes serverAuth/],
  ['INVALID_CA', /^authority: .*; .*CA:TRUE/],
  ['PATH_LENGTH_EXCEEDED', /^authority: its chain|^authority: .*longer than .*; .*path length/],
  ['CERT_SIGNATURE_FAILURE', /^signature: .*; send the intermediate certificates that belong/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', /^name: .*is for id\.acme\.test; use a certificate that names/],
  ['CERT_REJECTED', /^other: .*CERT_REJECTED.*; look up the code/],
])('%s', (code, expected) => {
  // An end of the leaf itself is the other check's to say: here it is one in the chain.
  expect(trust(code)).toMatch(expected)
})

test('a leaf that is not valid yet names its date', () => {
  expect(trust('CERT_NOT_YET_VALID', now + year)).toMatch(/^early: .*valid from 2027-11-29;/)
})

test('a real certificate for clients at a server: another authority would change nothing', async () => {
  const authority = await createAuthority()
  const { certificate, key } = await authority.issue('id.acme.test', 'client')
  const server = createServer({ cert: certificate, key })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const at = `https://127.0.0.1:${String((server.address() as AddressInfo).port)}`
  try {
    const seen = await lookAtCertificate(at, {
      reach: 'private',
      authorities: authority.certificate,
    })
    expect(said(checkServerCertificates([{ origin: at, seen }], Date.now())[0])).toMatch(/^purpose/)
  } finally {
    await new Promise((resolve) => server.close(resolve))
    await authority.close()
  }
})
