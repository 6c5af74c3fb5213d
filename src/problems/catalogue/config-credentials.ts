// Keys and certificates that a configuration gives.
import { says, type Texts } from './spec.ts'

const givePem = 'give a private key as PEM or JWK: a file, or the text itself from "${VAR}"'

export const credentialCases = {
  'tls-ca-required': says(
    ({ key }: Texts<'key'>) => `${key}: is required with client_auth = "require"`,
    { key: 'proxy.tls.client_ca' },
    'name the file of the authorities that sign the certificates of your clients',
  ),
  'tls-ca-unused': says(
    ({ key }: Texts<'key'>) =>
      `${key}: takes effect only with client_auth = "request" or "require"`,
    { key: 'proxy.tls.client_ca' },
    'set client_auth, or remove it',
  ),
  'public-url-tls': says(
    ({ key }: Texts<'key'>) => `${key}: begins with http://, and with [proxy.tls] there is no http`,
    { key: 'proxy.public_url' },
    'begin it with https://',
  ),
  'client-cert-source': says(
    ({ key }: Texts<'key'>) =>
      `${key}: is required with sender_constraint = "mtls", as the proxy itself asks for no client certificates`,
    { key: 'auth.client_cert_header' },
    'name the header of the TLS terminator in front, or set client_auth in [proxy.tls]',
  ),
  'tls-restart': says(
    ({ key }: Texts<'key'>) => `${key}: cannot change while the proxy listens at the same address`,
    { key: 'proxy.tls' },
    'restart, or choose another proxy.listen.port with it',
  ),
  'tls-mounted': says(
    ({ key }: Texts<'key'>) =>
      `${key}: a proxy inside another server has no connections of its own to encrypt`,
    { key: 'proxy.tls' },
    'remove the section, and configure certificate and key in that server',
  ),
  'tls-file': says(
    ({ key, file, why }: Texts<'key' | 'file' | 'why'>) => `${key}: ${file} cannot be read: ${why}`,
    { key: 'proxy.tls.cert', file: 'server.crt', why: 'no such file' },
    'correct the path: it starts from the folder in which the proxy is started',
  ),
  'tls-permission': says(
    ({ key, file, why }: Texts<'key' | 'file' | 'why'>) => `${key}: ${file} cannot be read: ${why}`,
    { key: 'proxy.tls.key', file: 'server.key', why: 'permission denied' },
    'let the account of the proxy, and no other, read it and enter the folders above it',
  ),
  'tls-no-certificate': says(
    ({ key, file }: Texts<'key' | 'file'>) => `${key}: ${file} contains no certificate in PEM`,
    { key: 'proxy.tls.cert', file: 'server.crt' },
    'use a file with -----BEGIN CERTIFICATE-----; openssl x509 -inform der converts DER to PEM',
  ),
  'tls-no-key': says(
    ({ key, file }: Texts<'key' | 'file'>) => `${key}: ${file} contains no private key in PEM`,
    { key: 'proxy.tls.key', file: 'server.key' },
    'use a file with -----BEGIN PRIVATE KEY-----; openssl pkey -inform der converts DER to PEM',
  ),
  'tls-bad-certificate': says(
    ({ key, file, number }: Texts<'key' | 'file' | 'number'>) =>
      `${key}: certificate ${number} in ${file} cannot be read`,
    { key: 'proxy.tls.cert', file: 'server.crt', number: 2 },
    'write the file again: it may have been cut short',
  ),
  'tls-order': says(
    ({ key, file, number }: Texts<'key' | 'file' | 'number'>) =>
      `${key}: the certificate of the key is number ${number} in ${file}, and must be the first`,
    { key: 'proxy.tls.cert', file: 'chain.pem', number: 2 },
    'put the certificate of the server first, then its issuer, then the issuer of that',
  ),
  'tls-refused': says(
    ({ key, file, why }: Texts<'key' | 'file' | 'why'>) => `${key}: TLS cannot use ${file}: ${why}`,
    { key: 'proxy.tls.cert', file: 'server.crt', why: 'ee key too small' },
    'make a new key and certificate: RSA with 2048 bits or more, or P-256, signed with SHA-256',
  ),
  'credential-file': says(
    ({ key, file, why }: Texts<'key' | 'file' | 'why'>) =>
      `${key} names the file ${file}, which cannot be read: ${why}`,
    { key: 'client_key', file: 'client.pem', why: 'no such file' },
    'name a file, or write "${VAR}"',
  ),
  'credential-large': says(
    ({ key, file, why }: Texts<'key' | 'file' | 'why'>) =>
      `${key} names the file ${file}, which cannot be read: ${why}`,
    { key: 'client_key', file: 'video.mp4', why: 'it is larger than 65536 bytes' },
    'name a key file',
  ),
  'credential-encrypted': says(
    ({ key }: Texts<'key'>) => `${key} is encrypted with a passphrase`,
    { key: 'client_key' },
    'decrypt it first, for example with openssl pkey, and guard the file by its mode',
  ),
  'credential-certificate': says(
    ({ key }: Texts<'key'>) => `${key} is a certificate, not a key`,
    { key: 'client_key' },
    givePem,
  ),
  'credential-no-key': says(
    ({ key }: Texts<'key'>) => `${key} contains no private key that can be read`,
    { key: 'client_key' },
    givePem,
  ),
  'credential-json': says(
    ({ key }: Texts<'key'>) => `${key} is not JSON`,
    { key: 'client_key' },
    givePem,
  ),
  'credential-shared': says(
    ({ key }: Texts<'key'>) => `${key} is a shared secret, not a private key`,
    { key: 'client_key' },
    givePem,
  ),
  'credential-public': says(
    ({ key }: Texts<'key'>) => `${key} is a public key`,
    { key: 'client_key' },
    givePem,
  ),
  'credential-kind': says(
    ({ key, kind }: Texts<'key' | 'kind'>) =>
      `${key} is a key of type ${kind}, which cannot sign with any algorithm we know`,
    { key: 'client_key', kind: 'x25519' },
    givePem,
  ),
  'credential-algorithm': says(
    ({ key, kind, alg }: Texts<'key' | 'kind' | 'alg' | 'fitting'>) =>
      `${key} is a key of type ${kind}, which cannot sign ${alg}`,
    { key: 'client_key', kind: 'ec', alg: 'RS256', fitting: 'ES256' },
    ({ fitting }) => `set client_key_alg to ${fitting}`,
  ),
  'credential-short': says(
    ({ key, bits }: Texts<'key' | 'bits'>) =>
      `${key} is an RSA key of ${bits} bits: 2048 are the least`,
    { key: 'client_key', bits: 1024 },
    'RFC 7518 section 3.3: make a larger one and register it',
  ),
  'credential-no-certificate': says(
    ({ key }: Texts<'key'>) => `${key} contains no certificate that can be read`,
    { key: 'client_cert' },
    'give it as PEM: a file, or the text itself from "${VAR}"',
  ),
  'credential-pair': says(
    ({ key, certificate }: Texts<'key' | 'certificate'>) =>
      `${key} is not the key of ${certificate}`,
    { key: 'client_cert_key', certificate: 'client_cert' },
    'give the certificate and the key that were made for each other',
  ),
} as const
