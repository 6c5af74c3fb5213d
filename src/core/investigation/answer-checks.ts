// What the checks of an MCP server are worth, given what stands at its address.
import { silenceOf } from '../../net/unanswered.ts'
import { fail, pass, skip, type Check } from '../verdict/check.ts'
import type { ResourceAnswer } from '../resource/resource-answer.ts'
import type { ResourceDiscovery } from '../resource/resource-discovery.ts'

/** Whether something else than a server is at the address. */
export const isMisplaced = (answer: ResourceAnswer | undefined): boolean =>
  answer !== undefined && answer.kind !== 'open' && answer.kind !== 'unavailable'

/** What a server says of its authorization is of no interest where there is none. */
const withoutServer = (checks: readonly Check[], because: string, missing?: 'answer') =>
  checks.map((check) =>
    check.id === 'mcp-url' || check.id === 'mcp-url-slash'
      ? check
      : skip(check.id, because, missing),
  )

/** The checks of the server, as far as its answer leaves them a meaning, with mcp-answer before them. */
export const answerChecks = (
  { checks, probe }: ResourceDiscovery,
  answer: ResourceAnswer | undefined,
): readonly Check[] => {
  if (answer === undefined) {
    const silence = silenceOf(probe)
    return [
      silence === undefined
        ? pass('mcp-answer', `answered with ${String(probe.status)}`)
        : skip('mcp-answer', silence, 'answer'),
      ...checks,
    ]
  }
  const { kind, problem } = answer
  if (kind === 'open') {
    const because = 'the server asks for no token'
    return [
      pass('mcp-answer', because),
      ...checks.map((check) => (check.id === 'prm-challenge' ? skip(check.id, because) : check)),
    ]
  }
  if (kind === 'unavailable') {
    const because = `the server answered with ${String(probe.status)}`
    return [
      skip('mcp-answer', problem.detail, 'answer'),
      ...withoutServer(checks, because, 'answer'),
    ]
  }
  return [fail(problem), ...withoutServer(checks, 'no MCP server answers at this address')]
}
