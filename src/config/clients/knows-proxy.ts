// Whether a client has a server already that is this proxy.
import { commonEntry } from './entry-dialects.ts'
import { readServerList } from './document.ts'
import type { ClientPlace } from './places.ts'
import type { ProxyAddress } from './proxy-entry.ts'
import { isEntry } from './reading.ts'

const normal = (url: unknown): unknown =>
  typeof url === 'string' ? url.replace('//localhost', '//127.0.0.1') : url

const leadsHere = (given: unknown, { url, start }: ProxyAddress): boolean => {
  if (!isEntry(given)) return false
  const { entry } = commonEntry(given)
  if (entry['url'] !== undefined) return normal(entry['url']) === normal(url)
  const { args } = entry
  const words = Array.isArray(args) ? (args as readonly unknown[]) : []
  return words.includes('--stdio') && words.includes(start.args.at(-1))
}

/** Whatever the proxy is called there. */
export const knowsProxy = async (
  text: string,
  place: ClientPlace,
  proxy: ProxyAddress,
): Promise<boolean> => {
  const list = await readServerList(text, place)
  return 'servers' in list && list.servers.some(([, entry]) => leadsHere(entry, proxy))
}
