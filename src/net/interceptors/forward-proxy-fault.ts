// Says of a request that failed on the way to its forward proxy that the proxy is at fault, not the server.
import { decorated } from './decorated.ts'
import { reachWords } from '../../base/system-errors.ts'
import type { Dispatcher } from 'undici'

/** The `code` of the error when the proxy is at fault; its message can be shown. */
export const proxyTroubleCode = 'MCP_PROXY_FORWARD'

const reasonOf = (error: Error): string | undefined => {
  const { code = '' } = error as NodeJS.ErrnoException
  const status = /^Proxy response \((\d{3})\)/.exec(error.message)?.[1]
  if (status === '407' || error.message.startsWith('Proxy Authentication Required')) {
    return 'it wants credentials (407)'
  }
  if (status !== undefined) return `it does not open a tunnel to that host (${status})`
  return reachWords(code)
}

/** After the connection to the proxy stands, what fails is told as it is. */
export const explained = (error: Error, proxy: string): Error => {
  const reason = reasonOf(error)
  return reason === undefined
    ? error
    : Object.assign(new Error(`the proxy ${proxy}: ${reason}`), { code: proxyTroubleCode })
}

export const namingTheProxy = (
  handler: Dispatcher.DispatchHandler,
  proxy: string,
): Dispatcher.DispatchHandler => ({
  ...decorated(handler, {}),
  onResponseError: (controller, error) =>
    handler.onResponseError?.(controller, explained(error, proxy)),
})
