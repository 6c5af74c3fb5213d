// Quarantined tools: which, and how they differ from what was pinned.
import { pinsSchema } from './pin-schemas.ts'
import { read, type AdminRoute } from './route.ts'

const pins = read({
  path: '/admin/pins',
  id: 'getPins',
  summary: 'The tools of each backend with pin_tools that are not what was pinned',
  answer: pinsSchema,
  serve: (_, { generation: { config, quarantinedAt } }) =>
    config.backends.flatMap(({ name, pin_tools }) =>
      pin_tools === undefined
        ? []
        : [
            {
              backend: name,
              pin_tools,
              quarantined: quarantinedAt(name).map(({ tool, state, differences }) => ({
                tool,
                state,
                changes: differences.map(({ path, before = null, after = null }) => ({
                  path,
                  before,
                  after,
                })),
              })),
            },
          ],
    ),
})

export const pinRoutes: readonly AdminRoute[] = [pins]
