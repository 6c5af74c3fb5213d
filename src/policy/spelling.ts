// The names under which patterns find a target: its exposed name, and `backend/local`; of a URI all that a server may read in it.
import type { ToolAnnotations } from '../mcp/tool-annotations.ts'
import type { Patterns } from './glob.ts'

export type TargetKind = 'tool' | 'prompt' | 'resource'

/** One tool, prompt or resource by the names that its backend alone chooses. */
export interface Target {
  readonly kind: TargetKind
  readonly backend: string
  /** The backend's own name or URI for it. */
  readonly name: string
  /** Of a tool that its backend has listed. */
  readonly annotations?: ToolAnnotations | undefined
}

const shownLength = 256

/** How messages call it. */
export const shown = ({ kind, backend, name }: Target): string =>
  `${kind} ${JSON.stringify(name.slice(0, shownLength))} of backend ${backend}`

/** How the names of one backend look from outside. */
export interface Place {
  readonly backend: string
  readonly prefix: string
  exposeName(local: string): string
  /** As `exposeName`, under its alias where it has one; undefined: another tool has the name of this one. */
  exposeTool(local: string): string | undefined
  exposeUri(local: string): string
}

export interface Spelling {
  /** Every name. A pattern that restricts counts if it matches one of them. */
  readonly all: readonly string[]
  /** By reading. A pattern that permits counts if it matches a name of each. */
  readonly readings: readonly (readonly string[])[]
}

const parsed = (uri: string): string | undefined =>
  URL.canParse(uri) ? new URL(uri).href : undefined

const decoded = (uri: string): string | undefined => {
  try {
    return decodeURIComponent(uri)
  } catch {
    return undefined
  }
}

/** RFC 3986 section 6.2.2: as it is written, without dot segments, and with all escapes undone, as careless servers do. */
export const uriReadings = (uri: string): readonly string[] => {
  if (!/[%\\]|\/\.|^[^:/]*[A-Z][^:/]*:|\/\/[^/]*[A-Z]|[\t\n\r]/.test(uri)) return [uri]
  const readings = new Set([uri])
  let text: string | undefined = uri
  // An escape may hide another one.
  for (let round = 0; round < 3 && text !== undefined; round += 1) {
    const form = parsed(text)
    if (form !== undefined) readings.add(form)
    const next = decoded(text)
    text = next === text ? undefined : next
    if (text !== undefined) readings.add(text)
  }
  return [...readings]
}

/** Whether the exposed name reads as one of another backend: then it permits nothing. */
const borrows = (exposed: string, own: Place, places: readonly Place[]): boolean =>
  places.some(({ backend, prefix }) => {
    if (backend === own.backend) return false
    if (prefix.length > own.prefix.length && exposed.startsWith(prefix)) return true
    return (
      ['/', '+'].some((sign) => exposed.startsWith(`${backend}${sign}`)) ||
      exposed.startsWith(`ui://${backend}+`)
    )
  })

export type Speller = (target: Target) => Spelling

const exposedIn = (place: Place, kind: TargetKind, local: string): string | undefined => {
  if (kind === 'resource') return place.exposeUri(local)
  return kind === 'tool' ? place.exposeTool(local) : place.exposeName(local)
}

export const createSpeller = (places: readonly Place[]): Speller => {
  const byBackend = new Map(places.map((place) => [place.backend, place]))
  return ({ kind, backend, name }) => {
    const place = byBackend.get(backend)
    const all: string[] = []
    const readings = (kind === 'resource' ? uriReadings(name) : [name]).map((local) => {
      const full = `${backend}/${local}`
      const exposed = place === undefined ? undefined : exposedIn(place, kind, local)
      all.push(full)
      if (kind === 'tool' && place !== undefined) {
        // What denies a tool by the name that it had goes on doing so.
        const former = place.exposeName(local)
        if (former !== exposed) all.push(former)
      }
      if (place === undefined || exposed === undefined) return [full]
      all.push(exposed)
      return borrows(exposed, place, places) ? [full] : [exposed, full]
    })
    return { all, readings }
  }
}

const firstMatch = (patterns: Patterns, names: readonly string[]): string | undefined => {
  for (const name of names) {
    const found = patterns.match(name)
    if (found !== undefined) return found
  }
  return undefined
}

/** The pattern that restricts the target. */
export const restricting = (patterns: Patterns, { all }: Spelling): string | undefined =>
  firstMatch(patterns, all)

/** A pattern that permits the target; undefined unless every reading of it is permitted. */
export const permitting = (patterns: Patterns, { readings }: Spelling): string | undefined => {
  let first: string | undefined
  for (const names of readings) {
    const found = firstMatch(patterns, names)
    if (found === undefined) return undefined
    first ??= found
  }
  return first
}
