// Which tools of which backends a name can mean, by the configuration alone: what the backends list is not known.
import { nearest } from '../../config/nearest.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError, type UsageError } from '../../problems/usage-error.ts'
import type { NamedBackend } from '../../proxy/exposure/configured-policy.ts'
import { checkBackend } from '../backend/target.ts'

export interface NamedTool {
  readonly backend: string
  readonly tool: string
  readonly exposed: string
}

const toolOf = ({ backend, names }: NamedBackend, tool: string): NamedTool => ({
  backend,
  tool,
  // Where another tool has its name, clients know it by none.
  exposed: names.exposeTool(tool) ?? `${backend}/${tool}`,
})

/** `files/read_file`, as patterns of the policy have it. */
const byBackend = (given: string, backends: readonly NamedBackend[]): readonly NamedTool[] => {
  const at = given.indexOf('/')
  const own = given.slice(at + 1)
  return at === -1 || own === ''
    ? []
    : backends
        .filter(({ backend }) => backend === given.slice(0, at))
        .map((one) => toolOf(one, own))
}

/** The longest prefix first: it explains most of the name. */
const byPrefix = (given: string, backends: readonly NamedBackend[]): readonly NamedTool[] =>
  backends
    .flatMap((one) => {
      const local = one.names.localTool(given)
      return local === undefined || local === '' ? [] : [toolOf(one, local)]
    })
    .toSorted((a, b) => a.tool.length - b.tool.length)

/** The name with the beginning that was probably meant. */
const meantBy = (given: string, backends: readonly NamedBackend[], separator: string) => {
  const heads = [
    [separator, backends.map(({ names }) => names.prefix)],
    ['/', backends.map(({ backend }) => `${backend}/`)],
  ] as const
  for (const [sign, beginnings] of heads) {
    const at = sign === '' ? -1 : given.indexOf(sign)
    const end = at + sign.length
    const meant = at === -1 ? undefined : nearest(given.slice(0, end), beginnings.filter(Boolean))
    if (meant !== undefined) return `${meant}${given.slice(end)}`
  }
  return undefined
}

interface Known {
  readonly backends: readonly NamedBackend[]
  readonly separator: string
  readonly file: string
}

const unplaced = (given: string, { backends, separator, file }: Known): UsageError => {
  const meant = meantBy(given, backends, separator)
  if (meant !== undefined) {
    return usageError(problemOf('usage-flag', 'similar-item', { kind: 'tool', name: given, meant }))
  }
  const prefixes = backends.map(({ names }) => names.prefix).join(', ')
  return usageError(problemOf('usage-flag', 'unplaced-tool', { file, name: given, prefixes }))
}

/** At least one. Throws where no backend can have such a tool. */
export const namedTools = (
  given: string,
  own: string | undefined,
  known: Known,
): readonly NamedTool[] => {
  const { backends, file } = known
  if (own !== undefined) {
    checkBackend(
      given,
      backends.map(({ backend }) => backend),
      file,
    )
    return backends.filter(({ backend }) => backend === given).map((one) => toolOf(one, own))
  }
  const found = [...byBackend(given, backends), ...byPrefix(given, backends)]
  if (found.length === 0) throw unplaced(given, known)
  return found
}
