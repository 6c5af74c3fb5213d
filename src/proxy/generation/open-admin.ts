// The admin tools of one configuration, for callers with one of their roles.
import type { Ports } from '../../base/ports.ts'
import type { Config } from '../../config/schema.ts'
import type { Reply } from '../../mcp/call.ts'
import type { Policy } from '../../policy/policy.ts'
import { problemOf } from '../../problems/problem.ts'
import { adminMember, type AdminMember } from '../own-tools/admin-member.ts'
import type { Durable } from './durable.ts'

const notHere: Reply = {
  kind: 'refusal',
  problem: problemOf('req-method', 'unknown', { method: '"admin"' }),
}

/** Undefined where the configuration or the server offers none. */
export const openAdmin = (
  { security, proxy }: Pick<Config, 'security' | 'proxy'>,
  policy: Pick<Policy, 'rolesOf'>,
  { ports, durable: { admin } }: { readonly ports: Ports; readonly durable: Durable },
): AdminMember | undefined => {
  const { admin_tools: tools } = security
  if (tools === undefined || admin.current === undefined) return undefined
  const { roles, rights } = tools
  return {
    member: adminMember(
      (call) => admin.current?.(call, rights) ?? Promise.resolve(notHere),
      proxy.separator,
      ports,
    ),
    mayUse: (caller) => policy.rolesOf(caller).some((role) => roles.includes(role)),
  }
}
