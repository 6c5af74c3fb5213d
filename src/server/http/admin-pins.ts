// Quarantined tools on the admin surface: which, and how they differ from what was pinned.
import type { JsonObject } from '../../base/json.ts'
import { sendAdminJson } from './admin-answer.ts'
import type { HttpExchange } from './state.ts'

export const servePins = (exchange: HttpExchange): void => {
  const { config, quarantinedAt } = exchange.state.generation
  const pinned = config.backends.filter(({ pin_tools: mode }) => mode !== undefined)
  const report = pinned.map(({ name, pin_tools: mode }): JsonObject => ({
    backend: name,
    pin_tools: mode,
    quarantined: quarantinedAt(name).map(({ tool, state, differences }) => ({
      tool,
      state,
      changes: differences.map(({ path, before = null, after = null }) => ({
        path,
        before,
        after,
      })),
    })),
  }))
  sendAdminJson(exchange, 200, report)
}
