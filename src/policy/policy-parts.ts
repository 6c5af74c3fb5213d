// The policy as the rest of the product sees it, and what it is compiled of.
import type { Json } from '../base/json.ts'
import type { AccessConfig, AccessLists, ToolScopesRule } from '../core/auth-config/access-keys.ts'
import type { AnnotationRule } from './annotations.ts'
import type { Decision, Step } from './decision.ts'
import type { Word } from './list-steps.ts'
import type { RuleAbout, Rules } from './rules.ts'
import type { Place, Target } from './spelling.ts'
import type { PastCaller, Subject } from './views.ts'

export interface Policy {
  /** The names of the roles that there are. */
  readonly roles: readonly string[]
  /** Whether it may refuse anybody anything. */
  readonly restricts: boolean
  /** Whether it bounds the arguments of calls. */
  readonly limitsArguments: boolean
  /** Whether it looks at the annotations of tools: targets have to have them. */
  readonly readsAnnotations: boolean
  /** Whether its backend offers it to anyone, by its name. */
  offers(target: Target): boolean
  /** Whether the caller may do anything at all: refused where no role is given and every caller needs one. */
  decideCaller(subject: Subject): Decision
  /** Callers with equal keys are shown the same. */
  viewKey(subject: Subject): string
  /** The names of the roles that the caller has. */
  rolesOf(subject: Subject): readonly string[]
  /** Pure: equal callers and targets get equal decisions. */
  decide(subject: Subject, target: Target): Decision
  /** The same for a call of a tool with these arguments, as the backend gets them. `given`: as the caller sent them. */
  decideCall(subject: Subject, target: Target, args: Json | undefined, given?: Json): Decision
  /** What any caller with these roles and all scopes gets; rules about the caller are left open. */
  forecast(roles: readonly string[], target: Target): Decision
  /** The same for a request that was recorded; rules about what was not recorded are left open. Keeps nothing. */
  reconsider(past: PastRequest): Decision
  /** All that is asked about the target, for any caller. */
  survey(target: Target): Survey
}

/** What the policy asks about one target, in the order of the members. */
export interface Survey {
  /** What the keys of the backend say of it, for all callers; undefined: there are none about it. */
  readonly filter: Word | undefined
  /** What the lists of the profile say, for all callers; undefined: there is none, or it has no lists. */
  readonly profile: Word | undefined
  readonly tokens: readonly (Word & { readonly key: string; readonly reportOnly: boolean })[]
  readonly roles: readonly Word[]
  /** Whether what roles refuse is only reported. */
  readonly rolesReportOnly: boolean
  /** What callers without a role get; undefined: roles are not asked about. */
  readonly withoutRole: 'allows' | 'denies' | undefined
  /** The settings of the backend that look at the annotations of its tools. */
  readonly annotations: readonly string[]
  readonly rules: readonly RuleAbout[]
  readonly scopes: readonly ToolScopesRule[]
  /** Whether what annotations refuse is only reported. */
  readonly annotationsReportOnly: boolean
  /** Whether calls with too large arguments are only reported. */
  readonly sizeReportOnly: boolean
}

/** A request of an earlier time, as far as it was recorded. */
export interface PastRequest {
  readonly caller: PastCaller
  readonly target: Target
  /** Bytes of the arguments of a call of a tool; undefined: it is no such call. */
  readonly argumentSize: number | undefined
}

export interface ScopedTokenAccess {
  /** The key of the callers that present it. */
  readonly key: string
  /** What logs call it. */
  readonly name: string
  readonly lists: AccessLists
  /** What the lists refuse is reported, and not refused. */
  readonly reportOnly?: boolean
}

export interface PolicyParts extends Omit<AccessConfig, 'rules'> {
  readonly places: readonly Place[]
  readonly tokens?: readonly ScopedTokenAccess[]
  /** The lists that every caller is bound by. */
  readonly everyone?: { readonly name: string; readonly lists: AccessLists } | undefined
  readonly rules?: Rules | undefined
  /** By backend: what it offers at all, to any caller. */
  readonly filters?: ReadonlyMap<string, (target: Target) => Step>
  /** By backend. */
  readonly annotationRules?: ReadonlyMap<string, AnnotationRule>
  /** Most bytes of the arguments of a call. */
  readonly maxArgumentSize?: number | undefined
  /** Calls beyond that are reported, and not refused. */
  readonly sizeReportOnly?: boolean
}
