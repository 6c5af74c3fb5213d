// The admin tools and prompts as the router and the lists see them: a backend in this process.
import { adminToolsName } from '../../config/admin-config.ts'
import type { AdminRight } from '../../config/admin-config.ts'
import type { Ports } from '../../base/ports.ts'
import type { Call, Caller, Handler, Reply } from '../../mcp/call.ts'
import type { Era } from '../../mcp/revision.ts'
import { createBackendLists } from '../lists/backend-lists.ts'
import { createListViews } from '../lists/list-views.ts'
import type { Upstream } from '../lists/member.ts'
import { backendNames } from '../names/names.ts'
import { ownBackend } from './own-backend.ts'

/** Answers a call of the admin backend, in local names, with no more than these rights. */
export type AdminWork = (call: Call, rights: readonly AdminRight[]) => Promise<Reply>

/** The member, and for whom it is. */
export interface AdminMember {
  readonly member: Upstream
  mayUse(caller: Caller): boolean
}

export const adminMember = (
  handle: Handler,
  separator: string,
  ports: Pick<Ports, 'clock' | 'log'>,
): Upstream => {
  const capabilities = { tools: {}, prompts: {} }
  const backend = ownBackend(handle, ports.clock.now(), adminToolsName, capabilities)
  const names = backendNames(adminToolsName, separator, undefined)
  const open = (era: Era) =>
    createBackendLists({ backend, handle, names, era, ports, onLate: () => undefined })
  const lists = open('modern')
  const views = createListViews({ backend, session: 'shared', lists, open })
  return { backend, handle, names, lists, views, required: false }
}
