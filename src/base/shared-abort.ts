// An abort that many wait for: Node takes more than ten listeners of one signal for a leak and says so on stderr.
import { setMaxListeners } from 'node:events'

export const sharedAbort = (): AbortController => {
  const controller = new AbortController()
  setMaxListeners(0, controller.signal)
  return controller
}
