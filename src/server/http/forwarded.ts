// Whether a request came through somebody else: reverse proxies, load balancers and tunnels leave their marks in headers.
import type { IncomingMessage } from 'node:http'

/** Headers that intermediaries add and that a client which speaks for itself does not send. */
export const marks = {
  names: [
    'forwarded',
    'forwarded-for',
    'via',
    'cdn-loop',
    'max-forwards',
    'proxy-connection',
    'client-ip',
    'remote-addr',
    'front-end-https',
    'x-client-ip',
    'x-host',
    'x-scheme',
    'x-url-scheme',
    'x-proxyuser-ip',
    'x-remote-addr',
    'x-originating-ip',
    'x-request-start',
    'x-rewrite-url',
    'x-varnish',
    'x-amzn-trace-id',
    'x-cloud-trace-context',
    'akamai-origin-hop',
    'fastly-ff',
    'fastly-ssl',
  ],
  prefixes: [
    'x-forward', // X-Forwarded-For, -Host, -Proto, -Server, -Port, -Prefix; X-Forward-For
    'x-original-', // of what another proxy had said
    'x-proxy-',
    'proxy-client-',
    'wl-proxy-',
    'cf-', // Cloudflare
    'cloudfront-',
    'x-amz-cf-',
    'x-envoy-',
    'x-appengine-',
    'x-goog-',
    'x-azure-',
    'x-arr-', // IIS
    'x-fd-', // Azure Front Door
    'x-akamai-',
    'x-vercel-',
    'x-nf-', // Netlify
    'fly-',
    'tailscale-',
    'x-traefik-',
    'x-haproxy-',
    'x-nginx-',
    'x-lb-',
    'x-bluecoat-',
    'ssl-client-',
    'x-ssl-client-',
    'x-client-cert',
  ],
  suffixes: [
    '-client-ip', // True-, Fly-, Fastly-, X-Cluster-, Incap-, WL-Proxy-, HTTP-
    '-clientip', // X-Azure-, X-Sucuri-
    '-connecting-ip', // CF-, DO-
    '-connection-ip',
    '-real-ip',
    '-remote-ip',
    '-user-ip',
    '-source-ip',
    '-forwarded-for',
    '-forwarded-host',
    '-forwarded-proto',
    '-external-address',
  ],
} as const

const names: ReadonlySet<string> = new Set(marks.names)

const isMark = (name: string): boolean =>
  names.has(name) ||
  marks.prefixes.some((prefix) => name.startsWith(prefix)) ||
  marks.suffixes.some((suffix) => name.endsWith(suffix))

/**
 * True only where something says so: an intermediary may leave no mark at all. HTTP/1.0 counts as one,
 * for it is what nginx speaks to the servers behind it unless told otherwise.
 */
export const isForwarded = ({
  rawHeaders,
  httpVersionMinor,
}: Pick<IncomingMessage, 'rawHeaders' | 'httpVersionMinor'>): boolean =>
  httpVersionMinor === 0 ||
  rawHeaders.some((name, index) => index % 2 === 0 && isMark(name.toLowerCase()))
