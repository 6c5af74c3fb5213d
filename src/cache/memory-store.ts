// Answers of one backend in memory, bounded by number and by bytes.
import { LRUCache } from 'lru-cache'
import type { Clock } from '../base/clock.ts'
import { lazyFromBytes, type LazyObject } from '../mcp/lazy-object.ts'
import { everyone, topicsFor, type CacheStore, type Question, type Topic } from './store.ts'

interface Entry {
  readonly result: LazyObject
  readonly bytes: number
  /** By `elapsed`. */
  readonly cameAt: number
  readonly endsAt: number
  readonly stamp: readonly number[]
}

/** Where the topics were: for an answer of the caller, and for one that is for everyone. */
interface MemoryStamp {
  readonly own: readonly number[]
  readonly all: readonly number[]
}

/** Topics whose changes are remembered one by one. */
const mostTopics = 20_000

/** How often each topic has changed. What is forgotten counts as changed. */
class Changes {
  private readonly known = new LRUCache<Topic, number>({
    max: mostTopics,
    dispose: (_value, _key, reason) => {
      if (reason === 'evict') this.floor = this.last += 1
    },
  })
  private last = 0
  private floor = 0

  of(topic: Topic): number {
    return this.known.get(topic) ?? this.floor
  }

  change(topic: Topic): void {
    this.last += 1
    this.known.set(topic, this.last)
  }
}

export interface MemoryLimits {
  readonly max_entries: number
  readonly max_bytes: number
}

export class MemoryStore implements CacheStore {
  private readonly clock: Clock
  private readonly kept: LRUCache<string, Entry>
  private readonly changes = new Changes()

  constructor({ max_entries: max, max_bytes: maxSize }: MemoryLimits, clock: Clock) {
    this.clock = clock
    this.kept = new LRUCache({
      max,
      maxSize,
      maxEntrySize: Math.max(1, Math.floor(maxSize / 8)),
      sizeCalculation: ({ bytes }, key) => bytes + key.length,
    })
  }

  find(question: Question) {
    const { owner } = question
    const own = this.stampFor(question, owner)
    const found = this.at(keyOf(question, owner), own)
    if (found !== undefined) return found
    if (owner === everyone) return { stamp: { own, all: own } }
    const all = this.stampFor(question, everyone)
    return this.at(keyOf(question, everyone), all) ?? { stamp: { own, all } }
  }

  keep(
    question: Question,
    stamp: unknown,
    answer: { readonly bytes: Uint8Array; readonly ttlMs: number; readonly isPublic: boolean },
  ): void {
    const { ttlMs, isPublic } = answer
    const { own, all } = stamp as MemoryStamp
    // A part of a larger buffer would keep all of that alive.
    const bytes = Uint8Array.from(answer.bytes)
    const cameAt = this.clock.elapsed()
    const key = keyOf(question, isPublic ? everyone : question.owner)
    this.kept.set(key, {
      result: lazyFromBytes(bytes),
      bytes: bytes.length,
      cameAt,
      endsAt: cameAt + ttlMs,
      stamp: isPublic ? all : own,
    })
  }

  outdate(topic: Topic): void {
    this.changes.change(topic)
  }

  clear(): void {
    this.kept.clear()
  }

  get entries(): number {
    return this.kept.size
  }

  private stampFor(question: Question, owner: string): readonly number[] {
    return topicsFor(question, owner).map((topic) => this.changes.of(topic))
  }

  private at(key: string, stamp: readonly number[]) {
    const entry = this.kept.get(key)
    if (entry === undefined) return undefined
    const now = this.clock.elapsed()
    if (now < entry.endsAt && stamp.every((one, index) => one === entry.stamp[index])) {
      return { result: entry.result, ageMs: now - entry.cameAt }
    }
    this.kept.delete(key)
    return undefined
  }
}

/** Neither part has a line break: both are JSON text or digests. */
const keyOf = ({ id }: Question, owner: string): string => `${owner}\n${id}`
