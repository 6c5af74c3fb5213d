// Which backend a public name belongs to, and what that backend calls it. The index decides; prefixes only narrow it.
import type { Call } from '../../mcp/call.ts'
import type { Era } from '../../mcp/revision.ts'
import type { Quarantined } from '../../pins/judgement.ts'
import { couldMatch } from '../names/uri-template.ts'
import type { Exposure } from '../exposure/exposure.ts'
import type { BackendLists } from '../lists/backend-lists.ts'
import type { Entries } from '../lists/entries.ts'
import type { Upstream } from '../lists/member.ts'

export interface Target {
  readonly member: Upstream
  readonly local: string
  /** Where the name was found, when that is not what everybody is offered. */
  readonly view?: BackendLists
}

export interface Resolver {
  /** Synchronous when the lists at hand settle it; undefined for a name that nobody has. */
  name(
    kind: 'tools' | 'prompts',
    exposed: string,
    call: Call,
  ): Target | undefined | Promise<Target | undefined>
  /** A URI, or a URI template as it was listed. */
  uri(exposed: string, era: Era): Target | undefined | Promise<Target | undefined>
  /** The names that this caller is shown, as far as they are at hand. */
  shown(kind: 'tools' | 'prompts', call: Call): readonly string[]
  /** Where the router has found the name for this caller, as far as lists are at hand. For records. */
  found(kind: 'tools' | 'prompts' | 'resources', exposed: string, call: Call): Target | undefined
  /** A tool of that name that no list has because it is not what was pinned. */
  quarantined(exposed: string): Quarantined | undefined
  /** What is known without asking anybody. For labels, not for decisions. */
  guess(kind: 'tools' | 'prompts', exposed: string): Target | undefined
  guessUri(exposed: string): Target | undefined
}

const targetKinds = { tools: 'tool', prompts: 'prompt' } as const

interface Candidate extends Target {
  /** How much of the exposed name the prefix explains. */
  readonly explained: number
}

const longest = (candidates: readonly Candidate[]): Candidate | undefined =>
  candidates.reduce<Candidate | undefined>(
    (best, next) => (best === undefined || next.explained > best.explained ? next : best),
    undefined,
  )

const knownTemplate = (entries: Entries | undefined, uri: string): boolean => {
  if (entries === undefined) return false
  if (entries.local.has(uri)) return true
  for (const template of entries.local.keys()) if (couldMatch(template, uri)) return true
  return false
}

export const createResolver = (
  members: readonly Upstream[],
  exposure: Pick<Exposure, 'restricts' | 'shows'>,
): Resolver => {
  const candidatesOf = (kind: 'tools' | 'prompts', exposed: string): readonly Candidate[] => {
    const found: Candidate[] = []
    for (const member of members) {
      const { names } = member
      const local = kind === 'tools' ? names.localTool(exposed) : names.localName(exposed)
      if (local !== undefined) {
        found.push({ member, local, explained: names.prefix.length })
      }
    }
    return found
  }

  /** The first that can have it, in the order of the configuration, whose list has the name. */
  const atHand = (kind: 'tools' | 'prompts', exposed: string, era: Era): Target | undefined => {
    for (const member of members) {
      if (!exposed.startsWith(member.names.prefix)) continue
      const entries = member.views.of(era).peek(kind)
      // An earlier backend that was not asked yet may have the better right.
      if (entries === undefined) return undefined
      const local = entries.local.get(exposed)
      if (local !== undefined) return { member, local }
    }
    return undefined
  }

  /** Of what this caller is offered beyond everybody. */
  const atHandFor = (call: Call, kind: 'tools' | 'prompts', exposed: string) => {
    for (const member of members) {
      if (!exposed.startsWith(member.names.prefix)) continue
      const view = member.views.seenBy(call.caller)
      const local = view?.peek(kind)?.local.get(exposed)
      if (view !== undefined && local !== undefined) return { member, local, view }
    }
    return undefined
  }

  const askViews = async (
    call: Call,
    kind: 'tools' | 'prompts',
    exposed: string,
    candidates: readonly Candidate[],
  ): Promise<Target | undefined> => {
    await Promise.all(
      candidates.map(async ({ member }) =>
        member.views.seenBy(call.caller)?.recheck(kind, call.caller),
      ),
    )
    return atHandFor(call, kind, exposed)
  }

  const askForName = async (
    kind: 'tools' | 'prompts',
    exposed: string,
    candidates: readonly Candidate[],
    call: Call,
  ): Promise<Target | undefined> => {
    const asked = await Promise.all(
      candidates.map(async (candidate) => ({
        candidate,
        entries: await candidate.member.views.of(call.caller.client.era).recheck(kind),
      })),
    )
    for (const { candidate, entries } of asked) {
      const local = entries?.local.get(exposed)
      if (local !== undefined) return { member: candidate.member, local }
    }
    const seen = await askViews(call, kind, exposed, candidates)
    if (seen !== undefined) return seen
    // A backend that cannot list now may still have it: it shall say so itself, unless its tools have to be what was pinned.
    return longest(
      asked
        .filter(({ entries }) => entries === undefined)
        .map(({ candidate }) => candidate)
        .filter(({ member }) => kind !== 'tools' || member.pins === undefined),
    )
  }

  const byNamespace = (exposed: string): Target | undefined => {
    for (const member of members) {
      const local = member.names.localUri(exposed)
      if (local !== undefined) return { member, local }
    }
    return undefined
  }

  const listed = (exposed: string, era: Era): Target | undefined => {
    for (const member of members) {
      const entries = member.views.of(era).peek('resources')
      if (entries === undefined) return undefined
      const local = entries.local.get(exposed)
      if (local !== undefined) return { member, local }
    }
    return undefined
  }

  const askForUri = async (exposed: string, era: Era): Promise<Target | undefined> => {
    const asked = await Promise.all(
      members.map(async (member) => ({
        member,
        resources: await member.views.of(era).recheck('resources'),
        templates: await member.views.of(era).recheck('resourceTemplates'),
      })),
    )
    for (const { member, resources } of asked) {
      const local = resources?.local.get(exposed)
      if (local !== undefined) return { member, local }
    }
    for (const { member, templates } of asked) {
      if (knownTemplate(templates, exposed)) return { member, local: exposed }
    }
    // Servers may answer for URIs that they never list: where one backend alone can be meant, it decides.
    const open = asked.filter(
      ({ member, resources, templates }) =>
        !member.names.rewritesUris &&
        (resources === undefined || resources.local.size > 0 || (templates?.local.size ?? 0) > 0),
    )
    const [only] = open
    return only !== undefined && open.length === 1
      ? { member: only.member, local: exposed }
      : undefined
  }

  return {
    name: (kind, exposed, call) => {
      const known = atHand(kind, exposed, call.caller.client.era) ?? atHandFor(call, kind, exposed)
      if (known !== undefined) return known
      const candidates = candidatesOf(kind, exposed)
      return candidates.length === 0 ? undefined : askForName(kind, exposed, candidates, call)
    },
    uri: (exposed, era) => byNamespace(exposed) ?? listed(exposed, era) ?? askForUri(exposed, era),
    shown: (kind, { caller }) => {
      const names = members.flatMap(({ backend, views }) => {
        const own = views.seenBy(caller)
        const hides = own !== undefined && views.exclusive
        const lists = [hides ? undefined : views.of(caller.client.era), own]
        const listed = lists.flatMap((list) => [...(list?.peek(kind)?.local ?? [])])
        return listed.flatMap(([exposed, name]) =>
          exposure.shows(caller, { kind: targetKinds[kind], backend: backend.name, name })
            ? [exposed]
            : [],
        )
      })
      return [...new Set(names)]
    },
    found: (kind, exposed, call) => {
      const { era } = call.caller.client
      if (kind === 'resources') return byNamespace(exposed) ?? listed(exposed, era)
      return (
        atHand(kind, exposed, era) ??
        atHandFor(call, kind, exposed) ??
        longest(candidatesOf(kind, exposed))
      )
    },
    quarantined: (exposed) => {
      for (const { pins, names } of members) {
        const local = pins === undefined ? undefined : names.localTool(exposed)
        const found = local === undefined ? undefined : pins?.quarantined(local)
        if (found !== undefined) return found
      }
      return undefined
    },
    guess: (kind, exposed) => {
      return atHand(kind, exposed, 'modern') ?? longest(candidatesOf(kind, exposed))
    },
    guessUri: (exposed) => byNamespace(exposed) ?? listed(exposed, 'modern'),
  }
}
