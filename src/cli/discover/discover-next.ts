// The command that is useful after `discover`: mend the first finding, lift what was in the way, or go on.
import type { FaultKind } from '../../net/fault.ts'
import type { Letter } from '../../core/verdict/grade.ts'
import { unsettledChecks } from '../../core/verdict/grade.ts'
import type { Investigation } from '../../core/investigation/investigation.ts'
import { findingsInOrder } from '../../core/verdict/leading-finding.ts'

/** For a POSIX shell; an address is the only word that can need it. */
const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`

const lifts: Partial<Record<FaultKind, string>> = {
  address: '--allow-private',
  url: '--allow-http',
  timeout: '--timeout 60',
  aborted: '--timeout 60',
}

const faultsOf = ({ resource, servers, keys }: Investigation): readonly FaultKind[] =>
  [
    ...(resource?.probes ?? []),
    ...(resource?.attempts ?? []),
    ...servers.flatMap(({ attempts }) => attempts),
    ...(keys === undefined ? [] : [keys]),
  ].flatMap(({ exchange: { fault } }) => (fault === undefined ? [] : [fault.kind]))

const liftOf = (found: Investigation): string | undefined =>
  faultsOf(found)
    .map((kind) => lifts[kind])
    .find((lift) => lift !== undefined)

export const nextCommand = (
  address: string,
  found: Investigation,
  letter: Letter | null,
): string => {
  const word = shellWord(address)
  const { outcome } = found
  if (outcome.kind !== 'graded') {
    if (outcome.instead !== undefined) return `mcp-proxy discover ${shellWord(outcome.instead)}`
    if (outcome.kind === 'open') return 'mcp-proxy init'
    const flag = liftOf(found)
    if (flag !== undefined) return `mcp-proxy discover ${flag} ${word}`
    return `mcp-proxy explain ${outcome.problem.code}`
  }
  const [leading] = findingsInOrder(found.checks)
  if (letter === 'A') return `mcp-proxy ${found.as === 'mcp' ? 'login' : 'init'} ${word}`
  if (unsettledChecks(found.checks).length > 0 && letter === null) {
    const flag = liftOf(found)
    if (flag !== undefined) return `mcp-proxy discover ${flag} ${word}`
  }
  return leading === undefined ? `mcp-proxy discover ${word}` : `mcp-proxy explain ${leading.id}`
}
