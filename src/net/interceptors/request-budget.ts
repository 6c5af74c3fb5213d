// How often one run may ask: documents name addresses, and a hostile one could name hundreds.
import type { Dispatcher } from 'undici'
import type { Ports } from '../../base/ports.ts'

/** Far more than any honest chain of documents needs. */
export const mostRequests = 64

/** The `code` of the error once the budget is spent; its message can be shown. */
const spentCode = 'MCP_PROXY_BUDGET'

/** Ports whose requests, redirects included, are counted, and refused beyond `most`. */
export const budgeted = (ports: Ports, most = mostRequests): Ports => {
  let asked = 0
  let dispatcher: Promise<Dispatcher> | undefined
  const open = async (): Promise<Dispatcher> =>
    (await ports.http()).compose((dispatch) => (options, handler) => {
      asked += 1
      if (asked > most) {
        const message = `this run has asked ${String(most)} times already`
        throw Object.assign(new Error(message), { code: spentCode })
      }
      return dispatch(options, handler)
    })
  return { ...ports, http: () => (dispatcher ??= open()) }
}
