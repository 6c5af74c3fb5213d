// Certificates in the forms in which TLS terminators forward them.
import { X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readCertificate } from '../../../src/core/possession/certificate.ts'
import { newCertificate } from '../../support/proofs.ts'

const { der, pem, thumbprint } = newCertificate()
const base64 = der.toString('base64')
const pair = newCertificate('other.acme.test')

test('the certificate of the tests is one', () => {
  expect(new X509Certificate(pem).subject).toBe('CN=client.acme.test')
})

describe('one certificate', () => {
  test.each([
    ['PEM', pem],
    ['PEM, URL-encoded, as nginx sends it', encodeURIComponent(pem)],
    ['PEM in one line with blanks, as older proxies send it', pem.replace(/\n/g, ' ')],
    ['PEM with tabs', pem.replace(/\n/g, '\n\t')],
    ['base64 of DER', base64],
    ['base64 of DER, URL-encoded', encodeURIComponent(base64)],
    ['between colons, as RFC 9440 says', `:${base64}:`],
    ['with blanks around', `  ${base64} `],
  ])('%s', (_, value) => {
    expect(readCertificate(value)).toEqual({ thumbprint })
  })
})

describe('anything else is missing, with a reason', () => {
  test.each([
    ['nothing', ''],
    ['words', '(null)'],
    ['base64 of something else', Buffer.from('hello').toString('base64')],
    ['a certificate and more', Buffer.concat([der, Buffer.from([0])]).toString('base64')],
    ['a cut one', base64.slice(0, -40)],
    ['two of them', Buffer.concat([der, pair.der]).toString('base64')],
    ['a broken escape', `${encodeURIComponent(pem)}%`],
    ['a key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----'],
    ['far too much', 'A'.repeat(20_000)],
  ])('%s', (_, value) => {
    expect(readCertificate(value)).toMatchObject({ missing: expect.stringMatching(/./) })
  })
})
