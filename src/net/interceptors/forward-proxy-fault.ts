// Says of a request that failed on the way to its forward proxy that the proxy is at fault, not the server.
import type { Dispatcher } from 'undici'

/** The `code` of the error when the proxy is at fault; its message can be shown. */
export const proxyTroubleCode = 'MCP_PROXY_FORWARD'

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'host not found',
  ETIMEDOUT: 'no connection in time: timeout',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time: timeout',
}

const reasonOf = (error: Error): string | undefined => {
  const { code = '' } = error as NodeJS.ErrnoException
  const status = /^Proxy response \((\d{3})\)/.exec(error.message)?.[1]
  if (status === '407' || error.message.startsWith('Proxy Authentication Required')) {
    return 'it wants credentials (407)'
  }
  if (status !== undefined) return `it does not open a tunnel to that host (${status})`
  return words[code]
}

/** After the connection to the proxy stands, what fails is told as it is. */
export const explained = (error: Error, proxy: string): Error => {
  const reason = reasonOf(error)
  return reason === undefined
    ? error
    : Object.assign(new Error(`the proxy ${proxy}: ${reason}`), { code: proxyTroubleCode })
}

/** Each call is passed on by hand: undici's handlers have private fields and cannot be inherited from. */
export const namingTheProxy = (
  handler: Dispatcher.DispatchHandler,
  proxy: string,
): Dispatcher.DispatchHandler => ({
  onRequestStart: (...all) => handler.onRequestStart?.(...all),
  onRequestUpgrade: (...all) => handler.onRequestUpgrade?.(...all),
  onResponseStart: (...all) => handler.onResponseStart?.(...all),
  onResponseData: (...all) => handler.onResponseData?.(...all),
  onResponseEnd: (...all) => handler.onResponseEnd?.(...all),
  onResponseError: (controller, error) =>
    handler.onResponseError?.(controller, explained(error, proxy)),
})
