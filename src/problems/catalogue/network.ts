// The way to a server: names, addresses, certificates, and what nothing answered to.
import { says, type ProblemSpec, type Texts } from './spec.ts'

const network = {
  group: 'network',
  severity: 'high',
  refuses: 'always',
  outcome: 'undecided',
  http: undefined,
  oauth: undefined,
} as const

export const networkProblems = {
  'net-dns': {
    ...network,
    title: 'a host name does not resolve',
    cases: {
      missing: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: 'id.exmaple.com', why: 'host not found (ENOTFOUND)' },
        'correct the host name, or add its DNS record',
      ),
      silent: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: 'id.example.com', why: 'the name server does not answer (EAI_AGAIN)' },
        'check the name server of this machine (/etc/resolv.conf)',
      ),
    },
    hint: 'correct the host name, or the name server of this machine',
    spec: '',
  },
  'net-address': {
    ...network,
    title: 'a host name leads to an address that is never contacted',
    says: says(
      ({ host, address }: Texts<'host' | 'address'>) =>
        `${host} resolves to ${address}, a link-local or cloud metadata address`,
      { host: 'id.example.com', address: '169.254.169.254' },
    ),
    hint: 'correct the DNS record: requests to such addresses are refused',
    spec: 'RFC 9728 section 7.7',
  },
  'net-tls': {
    ...network,
    severity: 'fatal',
    outcome: 'rejected',
    title: 'a TLS connection cannot be trusted',
    cases: {
      untrusted: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        {
          host: 'id.example.com',
          why: 'the certificate is signed by an authority that is not trusted here (SELF_SIGNED_CERT_IN_CHAIN, signed by Example CA)',
        },
        'trust that authority with --ca-file FILE or NODE_EXTRA_CA_CERTS, or use a certificate of a public authority',
      ),
      chain: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        {
          host: 'id.example.com',
          why: 'the certificate is signed by an authority that is not trusted here, or comes without its intermediate certificates (UNABLE_TO_VERIFY_LEAF_SIGNATURE, signed by Example CA)',
        },
        'configure the server to send its intermediate certificates too (fullchain.pem); for a private authority use --ca-file FILE',
      ),
      'self-signed': says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        {
          host: 'id.example.com',
          why: 'the certificate is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT, signed by id.example.com)',
        },
        'trust this very certificate with --ca-file FILE or NODE_EXTRA_CA_CERTS, or replace it',
      ),
      expired: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        {
          host: 'id.example.com',
          why: 'a certificate in its chain has expired (CERT_HAS_EXPIRED, signed by Example CA)',
        },
        'renew the certificate or replace the expired intermediate certificate',
      ),
      early: says(
        ({ host, date }: Texts<'host' | 'date'>) =>
          `${host}: the certificate is valid from ${date}`,
        { host: 'id.example.com', date: '2027-01-01' },
        'set the clock of this machine, or wait until the certificate is valid',
      ),
      name: says(
        ({ host, names }: Texts<'host' | 'names'>) => `${host}: the certificate is for ${names}`,
        { host: 'id.example.com', names: 'www.example.com' },
        'use a certificate that names this host, or call the server by a name in its certificate',
      ),
      revoked: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        {
          host: 'id.example.com',
          why: 'the certificate is revoked (CERT_REVOKED, signed by Example CA)',
        },
        'replace the certificate',
      ),
      'early-chain': says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        {
          host: 'id.example.com',
          why: 'a certificate in its chain is not valid yet (CERT_NOT_YET_VALID, signed by Example CA)',
        },
        'set the clock of this machine, or use the previous certificate of the authority until the new one is valid',
      ),
      purpose: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        {
          host: 'id.example.com',
          why: 'the certificate is not for servers (INVALID_PURPOSE, signed by Example CA)',
        },
        'use a certificate whose extended key usage includes serverAuth: this one is for clients, or for signing',
      ),
      authority: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        {
          host: 'id.example.com',
          why: 'a certificate in its chain must not sign others (INVALID_CA, signed by server-1)',
        },
        'issue the certificate by an authority: a signing certificate needs the basic constraint CA:TRUE and a path length that is long enough',
      ),
      signature: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        {
          host: 'id.example.com',
          why: 'a signature in its chain does not match (CERT_SIGNATURE_FAILURE, signed by Example CA)',
        },
        'send the intermediate certificates that belong to this certificate; if --ca-file has an older authority of that name, replace it there',
      ),
      other: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        {
          host: 'id.example.com',
          why: 'the certificate is not trusted here (CERT_REJECTED, signed by Example CA)',
        },
        'look up the code with openssl verify, which uses the same codes; then replace the certificate',
      ),
      silent: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: 'id.example.com', why: 'no TLS handshake in time' },
        'check the port and the firewall: the connection opens, but TLS never starts',
      ),
      'no-tls': says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: 'id.example.com', why: 'the server does not speak TLS' },
        'check the port: an https URL leads to a port without TLS',
      ),
    },
    hint: 'serve TLS with a certificate that names the host, and its whole chain',
    spec: 'RFC 9325 section 6.1, RFC 9525 section 6, RFC 5280 section 6',
  },
  'net-certificate': {
    ...network,
    severity: 'medium',
    refuses: 'never',
    outcome: 'rejected',
    title: 'a certificate expires soon, or has expired',
    cases: {
      ended: says(
        ({ host, date }: Texts<'host' | 'date'>) => `${host}: the certificate expired on ${date}`,
        { host: 'id.example.com', date: '2026-11-01' },
        'renew the certificate now, and find out why it was not renewed automatically',
      ),
      ending: says(
        ({ host, days, date }: Texts<'host' | 'days' | 'date'>) =>
          `${host}: the certificate expires in ${days} (${date})`,
        { host: 'id.example.com', days: '9 days', date: '2026-12-07' },
      ),
    },
    hint: 'renew it, and find out why it was not renewed automatically',
    spec: 'RFC 5280 section 4.1.2.5',
  },
  'net-reach': {
    ...network,
    title: 'the address cannot be reached',
    cases: {
      dns: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: 'mcp.exmaple.com', why: 'host not found (ENOTFOUND)' },
        'correct the host name; where only a proxy resolves names, set HTTPS_PROXY',
      ),
      'dns-silent': says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: 'mcp.example.com', why: 'host not found (EAI_AGAIN)' },
        'check the network and the name server of this machine: it does not answer',
      ),
      refused: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: '127.0.0.1:8080', why: 'connection refused (ECONNREFUSED)' },
        'start the server, or correct the port: the machine answers, and nothing listens there',
      ),
      route: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: '10.0.0.7', why: 'host unreachable (EHOSTUNREACH)' },
        'check the network, VPN and firewall between this machine and the host',
      ),
      timeout: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: 'mcp.example.com', why: 'no complete answer within 5 s: timeout' },
        'check that the server answers at all, and the firewall on the way; a slow start may need a second try',
      ),
      'given-up': says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: 'mcp.example.com', why: 'given up before the answer came' },
        'give it more time with --timeout 60, or check why the server does not answer',
      ),
      tls: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: 'mcp.example.com', why: 'TLS handshake failed (EPROTO)' },
        'check the port and its TLS configuration; a server without TLS needs an http address',
      ),
      certificate: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: 'mcp.example.com', why: 'certificate not trusted (SELF_SIGNED_CERT_IN_CHAIN)' },
        'trust its authority with --ca-file FILE, or use a certificate that is valid for this host',
      ),
      closed: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        {
          host: 'mcp.example.com',
          why: 'connection closed before the answer was complete (ECONNRESET)',
        },
        'check the log of the server or of the proxy in front: it closes the connection; a TLS port needs an https address',
      ),
      unreadable: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: 'mcp.example.com:22', why: 'not a readable HTTP answer' },
        'check the port: what answers there does not send HTTP that can be read; a TLS port needs an https address',
      ),
      proxy: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: 'mcp.example.com', why: 'the proxy http://proxy.example.com:3128 answered 407' },
        'correct HTTPS_PROXY or HTTP_PROXY, or list the host in NO_PROXY',
      ),
      'plain-http': says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: 'mcp.example.com', why: 'plain http is for loopback only' },
        'use the https address, or allow plain http with --allow-http',
      ),
      forbidden: says(
        ({ host, why }: Texts<'host' | 'why'>) => `${host}: ${why}`,
        { host: '169.254.169.254', why: '169.254.169.254 is a link-local address' },
        'use the address of the server itself: requests to such addresses are never made',
      ),
    },
    hint: 'check the address and the network on the way to it',
    spec: '',
  },
} as const satisfies Record<string, ProblemSpec>
