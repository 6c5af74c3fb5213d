// What a recorded request asks for before another configuration, and what its policy says of it.
import { methodSpec } from '../../mcp/methods.ts'
import type { Cause, Decision, OpenRule } from '../../policy/decision.ts'
import { isFailed } from '../../policy/decision.ts'
import type { PastCaller, Target } from '../../policy/policy.ts'
import type { ProblemCode } from '../../problems/problem.ts'
import type { Candidate } from './candidate.ts'
import type { Reason, Recorded } from './replay-report.ts'

export type JudgedRequest =
  | { readonly kind: 'allowed'; readonly by: readonly Cause[] }
  | {
      readonly kind: 'refused'
      readonly code: ProblemCode
      readonly by: readonly Cause[]
      /** A rule that could not be judged may refuse before this one does. */
      readonly isFirst: boolean
    }
  | { readonly kind: 'open'; readonly reason: Reason; readonly about?: string | undefined }

const open = (reason: Reason, about?: string): JudgedRequest => ({ kind: 'open', reason, about })

const allowed: JudgedRequest = { kind: 'allowed', by: [] }
const unknownName: JudgedRequest = { kind: 'refused', code: 'name-unknown', by: [], isFirst: true }

/** As much of a name as a record has. */
const longestName = 256

const isNamed = (exposed: string, name: string): boolean =>
  exposed === name || (name.length === longestName && exposed.startsWith(name))

const kindOf = ({ method }: Recorded['request']): Target['kind'] | 'ref' | undefined => {
  if (method === 'resources/subscribe') return 'resource'
  const routing = method === null ? undefined : methodSpec(method)?.routing
  return routing === 'tool' || routing === 'prompt' || routing === 'resource' || routing === 'ref'
    ? routing
    : undefined
}

interface Lead {
  readonly backend: string
  readonly local: string
}

/** The backends to which a name can lead there, by its form alone. In the order in which they are asked. */
const leadsOf = (name: string, isUri: boolean, { backends }: Candidate): readonly Lead[] => {
  const byForm = backends.flatMap(({ backend, names }) => {
    const local = isUri ? names.localUri(name) : names.localName(name)
    return local === undefined ? [] : [{ backend, local }]
  })
  // A URI that is in no namespace may be one of any backend that has none.
  if (!isUri || byForm.length > 0) return byForm
  return backends.flatMap(({ backend, names }) =>
    names.rewritesUris ? [] : [{ backend, local: name }],
  )
}

type Facts = NonNullable<Recorded['facts']['target']>

/** Where the recorded name leads there: to the same target, nowhere, or to what is not recorded. */
const placeOf = (
  target: Facts,
  name: string,
  candidate: Candidate,
): 'same' | 'unknown' | { readonly other: string } => {
  const own = candidate.backends.find(({ backend }) => backend === target.backend)
  const isUri = target.kind === 'resource'
  const exposed = isUri ? own?.names.exposeUri(target.name) : own?.names.exposeName(target.name)
  const leads = leadsOf(name, isUri, candidate)
  if (exposed === undefined || !isNamed(exposed, name)) {
    const [first] = leads
    return first === undefined ? 'unknown' : { other: first.backend }
  }
  // An earlier backend with a prefix that fits has the better right, where it lists the name.
  const [first] = leads
  return first === undefined || first.backend === target.backend ? 'same' : { other: first.backend }
}

const facts: Readonly<Record<OpenRule['on'][number], string>> = {
  caller: 'the caller',
  peer: 'the address',
  annotations: 'the annotations',
  args: 'the arguments',
}

const openBy = ({ rule, on }: OpenRule): JudgedRequest =>
  on.length === 1 && on[0] === 'annotations'
    ? open('annotations', rule)
    : open('rule', `${rule} (${on.map((fact) => facts[fact]).join(', ')})`)

/** Rules about arguments are asked last. */
const comesBefore = ({ reportOnly, on }: OpenRule): boolean => !reportOnly && !on.includes('args')

const judgedBy = (decision: Decision): JudgedRequest => {
  const { check, causes: by, open: left, unasked = left } = decision
  if (isFailed(check)) {
    return { kind: 'refused', code: check.id, by, isFirst: !unasked.some(comesBefore) }
  }
  const [first] = left.filter(({ reportOnly }) => !reportOnly)
  return first === undefined ? { kind: 'allowed', by } : openBy(first)
}

const judgeTarget = (
  record: Recorded,
  caller: PastCaller,
  target: Facts,
  { policy }: Candidate,
): JudgedRequest => {
  const { kind, backend, name, annotations } = target
  const isCall = record.request.method === 'tools/call'
  return judgedBy(
    policy.reconsider({
      caller,
      target: { kind, backend, name, annotations: annotations ?? undefined },
      argumentSize: isCall ? (record.facts.argument_size ?? undefined) : undefined,
    }),
  )
}

/** Of a name that no backend had: what it led to is as unknown there, and anything else was not looked for. */
const judgeUnfound = (record: Recorded, name: string, candidate: Candidate): JudgedRequest => {
  const { target } = record.facts
  const isUri = kindOf(record.request) === 'resource' || target?.kind === 'resource'
  const other = leadsOf(name, isUri, candidate).find(
    ({ backend, local }) => backend !== target?.backend || local !== target.name,
  )
  return other === undefined ? unknownName : open('other-backend', other.backend)
}

/** At a gateway: whether the caller may do anything at all. */
const judgeVerified = (caller: PastCaller, { policy }: Candidate): JudgedRequest => {
  const { roles, principal } = caller
  const decision = policy.decideCaller({ principal })
  // Roles that were recorded by name count as if claims gave them.
  if (!isFailed(decision.check) || (roles !== undefined && roles.length > 0)) return allowed
  return judgedBy(decision)
}

export const judgeRequest = (
  record: Recorded,
  caller: PastCaller,
  candidate: Candidate,
): JudgedRequest => {
  const { request, code, facts: recorded } = record
  const { name, method } = request
  if (request.door === 'verify') return judgeVerified(caller, candidate)
  if (method?.startsWith('tasks/') === true) {
    return candidate.policy.restricts ? open('task') : allowed
  }
  const kind = kindOf(request)
  if (kind === undefined || name === null) return allowed
  if (recorded.cut.includes('target')) return open('cut', 'the name')
  const { target } = recorded
  if (code === 'name-unknown') return judgeUnfound(record, name, candidate)
  if (target === null) return open('no-target')
  const place = placeOf(target, name, candidate)
  if (place === 'unknown') return unknownName
  if (place !== 'same') return open('other-backend', place.other)
  return judgeTarget(record, caller, target, candidate)
}
