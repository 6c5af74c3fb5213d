// The keys of a file as a person reads them: one line for each.
import { printable } from '../../base/escape.ts'
import { longest, padded } from '../report/layout.ts'
import type { Style } from '../terminal/style.ts'
import type { KeyListReport, KeyRevokeReport, ListedKey } from './key-report.ts'

const day = (moment: string | null): string => (moment === null ? 'never' : moment.slice(0, 10))

const head = ['NAME', 'ID', 'STATE', 'EXPIRES', 'OWNER', 'SCOPES', 'ROLES'] as const

const cells = ({ name, id, state, expires_at, owner, scopes, roles }: ListedKey) => [
  name,
  id,
  state,
  day(expires_at),
  owner ?? '-',
  scopes.join(' ') || '-',
  roles.join(', ') || '-',
]

export const keyListText = ({ file, keys }: KeyListReport, style: Style): string => {
  if (keys.length === 0) return `There is no key in ${printable(file)}`
  const rows = keys.map((one) => cells(one).map(printable))
  const widths = head.map((title, at) => longest([title, ...rows.map((row) => row[at] ?? '')]))
  const line = (row: readonly string[]) =>
    row
      .map((text, at) => padded(text, widths[at] ?? 0))
      .join('  ')
      .trimEnd()
  return [
    style.dim(line(head)),
    ...rows.map((row, at) => {
      const text = line(row)
      return keys[at]?.state === 'active' ? text : style.dim(text)
    }),
  ].join('\n')
}

export const keyRevokeText = ({ revoked, already }: KeyRevokeReport): string =>
  already
    ? `${revoked.name} (${revoked.id}) was revoked already, at ${revoked.revoked_at ?? ''}`
    : `revoked ${revoked.name} (${revoked.id}); a running proxy refuses it within a second`
