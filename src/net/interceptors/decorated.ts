// A handler of undici around another one.
import type { Dispatcher } from 'undici'

type Handler = Dispatcher.DispatchHandler

/**
 * Passes every call on, after `seen` had it. By hand: undici's handlers have private fields and cannot be inherited
 * from, and one that they do not have must not be called.
 */
export const decorated = (handler: Handler, seen: Handler): Handler => ({
  onRequestStart: (...all) => {
    seen.onRequestStart?.(...all)
    handler.onRequestStart?.(...all)
  },
  onRequestUpgrade: (...all) => {
    seen.onRequestUpgrade?.(...all)
    handler.onRequestUpgrade?.(...all)
  },
  onResponseStart: (...all) => {
    seen.onResponseStart?.(...all)
    handler.onResponseStart?.(...all)
  },
  onResponseData: (...all) => {
    seen.onResponseData?.(...all)
    handler.onResponseData?.(...all)
  },
  onResponseEnd: (...all) => {
    seen.onResponseEnd?.(...all)
    handler.onResponseEnd?.(...all)
  },
  onResponseError: (...all) => {
    seen.onResponseError?.(...all)
    handler.onResponseError?.(...all)
  },
})
