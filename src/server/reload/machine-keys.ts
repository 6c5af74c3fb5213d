// What only a person at the machine may change: programs that it runs, files that it writes, and who may use the admin API.
import { sectionKey } from '../../base/section-key.ts'
import type { BackendConfig, Config } from '../../config/schema.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'

type Part = readonly [key: string, read: (config: Config) => unknown]

const parts: readonly Part[] = [
  ['security.admin_token', ({ security }) => security.admin_token],
  ['security.admin_tokens', ({ security }) => security.admin_tokens],
  ['security.admin_tools', ({ security }) => security.admin_tools],
  ['security.seal_key', ({ security }) => security.seal_key],
  ['security.other_seal_keys', ({ security }) => security.other_seal_keys],
  ['security.allow_admin_programs', ({ security }) => security.allow_admin_programs],
  ['security.allow_weaker_reload', ({ security }) => security.allow_weaker_reload],
  ['observability.audit_file', ({ observability }) => observability.audit_file],
  ['observability.decisions.file', ({ observability }) => observability.decisions.file],
]

/** The program of a backend, as it is started. */
const programOf = (backend: BackendConfig): string | undefined =>
  backend.transport === 'stdio'
    ? sectionKey([backend.command, backend.args, backend.env, backend.cwd])
    : undefined

const newPrograms = (before: Config, after: Config): readonly string[] => {
  const known = new Set(before.backends.map(programOf))
  return after.backends
    .filter((backend) => backend.transport === 'stdio' && !known.has(programOf(backend)))
    .map(({ name }) => name)
}

/** Everything by which `after` is more than the admin API may change of `before`; a program that ends is not. */
export const boundToMachine = (before: Config, after: Config): readonly Problem[] => [
  ...parts
    .filter(([, read]) => sectionKey(read(before)) !== sectionKey(read(after)))
    .map(([key]) => problemOf('admin-machine', 'key', { key })),
  ...(before.security.allow_admin_programs
    ? []
    : newPrograms(before, after).map((name) => problemOf('admin-machine', 'program', { name }))),
]
