// Which addresses a host name has, as a port: tests bring their own answers.
import { lookup } from 'node:dns/promises'

/** The addresses of a host; rejects with the code of the resolver when there are none. */
export type Resolve = (hostname: string) => Promise<readonly string[]>

export const systemResolve: Resolve = async (hostname) =>
  (await lookup(hostname, { all: true })).map(({ address }) => address)
