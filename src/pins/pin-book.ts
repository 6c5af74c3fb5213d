// The pins of a running proxy: what is seen first is written down, and what others change in the file counts within a second.
import { followFile, type FollowedFile } from '../base/followed-file.ts'
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts'
import type { Ports } from '../base/ports.ts'
import { hintOf, type Problem } from '../problems/problem.ts'
import { usageError } from '../problems/usage-error.ts'
import { definitionOf } from './definition.ts'
import { quarantine, quarantineProblem, type Quarantined } from './judgement.ts'
import { changePins, isPins, readPins, withTools, type Pins } from './pin-file.ts'
import type { PinMode } from './pins-config.ts'

type BookPorts = Pick<Ports, 'clock' | 'log' | 'meter'>

const logged = (problem: Problem) => {
  const { code, detail } = problem
  return { code, detail, hint: hintOf(problem) }
}

/** What the second says of a tool counts more. */
const over = (added: Pins, pins: Pins): Pins =>
  [...added].reduce(
    (all, [backend, tools]) =>
      withTools(all, backend, new Map([...tools, ...(all.get(backend) ?? [])])),
    pins,
  )

/** As many tools as a list may have: a backend that makes up new names is not followed for ever. */
export const mostTools = 10_000
/** Definitions that the log has; beyond them it may say one of them again. */
const mostLogged = 1000

/** The tools of one backend. */
export class PinGuard {
  private readonly book: PinBook
  private readonly backend: string
  private readonly mode: PinMode
  private readonly found = new Map<string, Quarantined>()
  /** What the log has: `tool paths`. */
  private readonly logged = new Set<string>()
  private readonly listeners = new Set<() => void>()

  constructor(book: PinBook, backend: string, mode: PinMode) {
    this.book = book
    this.backend = backend
    this.mode = mode
  }

  /** Those of a list that may be offered. What is not a tool by its form is left to others. */
  pass(items: readonly Json[]): readonly Json[] {
    const first = new Map<string, JsonObject>()
    if (this.found.size > mostTools) this.found.clear()
    const passed = items.filter((item) => {
      if (!isJsonObject(item) || typeof item['name'] !== 'string') return true
      return this.isOffered(item['name'], definitionOf(item), first)
    })
    if (first.size > 0) this.book.pin(this.backend, first)
    this.book.count(this.backend, this.found.size)
    return passed
  }

  /** Undefined: it may be called, or is not known. `tool`: the backend's own name. */
  quarantined(tool: string): Quarantined | undefined {
    return this.found.get(tool)
  }

  all(): readonly Quarantined[] {
    return [...this.found.values()]
  }

  /** Calls the listener when other definitions are pinned. Returns the function that ends that. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Its backend is closed. */
  close(): void {
    this.book.release(this.backend, this)
  }

  changed(): void {
    for (const listener of this.listeners) listener()
  }

  private isOffered(tool: string, definition: JsonObject, first: Map<string, JsonObject>): boolean {
    const pinned = this.book.find(this.backend, tool)
    if (pinned === undefined && this.mode === 'first_sight' && this.hasRoom(first.size)) {
      this.found.delete(tool)
      first.set(tool, first.get(tool) ?? definition)
      return true
    }
    const found = quarantine({ backend: this.backend, tool }, definition, pinned)
    if (found === undefined) {
      this.found.delete(tool)
      return true
    }
    this.found.set(tool, found)
    this.log(found)
    return false
  }

  private hasRoom(added: number): boolean {
    return this.book.size(this.backend) + added < mostTools
  }

  private log(found: Quarantined): void {
    const problem = quarantineProblem(found)
    const known = `${found.tool} ${JSON.stringify(found.definition)}`
    if (this.logged.has(known)) return
    if (this.logged.size >= mostLogged) this.logged.clear()
    this.logged.add(known)
    this.book.ports.log.warn(
      { backend: this.backend, tool: found.tool, ...logged(problem) },
      'a tool is quarantined',
    )
  }
}

export class PinBook {
  readonly ports: BookPorts
  private readonly file: string
  private pins: Pins
  private readonly guards = new Map<string, Set<PinGuard>>()
  private followed: FollowedFile | undefined
  /** Pinned here and not yet in the file. */
  private unsaved: Pins = new Map()
  private saving: Promise<void> | undefined

  constructor(file: string, ports: BookPorts) {
    this.file = file
    this.ports = ports
    const read = readPins(file)
    if (!isPins(read)) throw usageError(read)
    this.pins = read
  }

  async follow(): Promise<void> {
    this.followed = await followFile(this.file, this.ports.clock, () => this.readAgain())
  }

  start(): void {
    this.followed?.start()
  }

  async close(): Promise<void> {
    this.followed?.close()
    await this.saving
  }

  guard(backend: string, mode: PinMode): PinGuard {
    const guard = new PinGuard(this, backend, mode)
    const all = this.guards.get(backend) ?? new Set()
    this.guards.set(backend, all.add(guard))
    return guard
  }

  release(backend: string, guard: PinGuard): void {
    this.guards.get(backend)?.delete(guard)
  }

  find(backend: string, tool: string): JsonObject | undefined {
    return this.pins.get(backend)?.get(tool)
  }

  size(backend: string): number {
    return this.pins.get(backend)?.size ?? 0
  }

  count(backend: string, quarantined: number): void {
    this.ports.meter.gauge('mcp_proxy_quarantined_tools').set({ backend }, quarantined)
  }

  /** At once for this process; the file follows. */
  pin(backend: string, tools: ReadonlyMap<string, JsonObject>): void {
    const add = (pins: Pins): Pins =>
      withTools(pins, backend, new Map([...(pins.get(backend) ?? []), ...tools]))
    this.pins = add(this.pins)
    this.unsaved = add(this.unsaved)
    this.saving = (this.saving ?? Promise.resolve()).then(() => this.save())
  }

  /** What the file says meanwhile of the same tool is not replaced. */
  private async save(): Promise<void> {
    const added = this.unsaved
    if (added.size === 0) return
    const { log, clock } = this.ports
    const merged = await changePins(this.file, clock, (now) => over(added, now))
    if (!isPins(merged)) {
      log.warn(logged(merged), 'tools are pinned for as long as this process runs')
      return
    }
    if (this.unsaved === added) this.unsaved = new Map()
    log.info({ file: this.file, backends: [...added.keys()] }, 'tools were pinned at first sight')
    this.use(merged)
  }

  private readAgain(): void {
    const { log } = this.ports
    const read = readPins(this.file)
    if (!isPins(read)) {
      log.error(logged(read), 'pins not read: the previous ones stay in use')
      return
    }
    this.use(read)
    log.info({ file: this.file }, 'pins read again')
  }

  private use(read: Pins): void {
    const before = this.pins
    const pins = over(this.unsaved, read)
    this.pins = pins
    for (const [backend, guards] of this.guards) {
      const [old, now] = [before, pins].map((all) => JSON.stringify([...(all.get(backend) ?? [])]))
      if (old !== now) for (const guard of guards) guard.changed()
    }
  }
}
