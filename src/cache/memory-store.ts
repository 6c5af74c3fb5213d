// Answers of one backend in memory, bounded by number and by bytes.
import { LRUCache } from 'lru-cache'
import type { Clock } from '../base/clock.ts'
import { lazyFromBytes, type LazyObject } from '../mcp/lazy-object.ts'
import { everyone, writesOf, type CacheStore, type Question, type Topic } from './store.ts'

interface Entry {
  readonly result: () => LazyObject
  readonly bytes: number
  /** By `elapsed`. */
  readonly cameAt: number
  readonly endsAt: number
  /** The last change before it was asked for. */
  readonly since: number
}

/** Topics whose changes are remembered one by one. */
const mostTopics = 20_000

interface MemoryStamp {
  readonly key: string
  readonly since: number
}

/** Small ones are kept as text of one byte a character, which costs less than a buffer of its own. */
const smallBytes = 4096

/** A part of a larger buffer would keep all of that alive. */
const copyOf = (bytes: Uint8Array): (() => LazyObject) => {
  const { buffer, byteOffset, length } = bytes
  if (length > smallBytes) {
    const copy = lazyFromBytes(new Uint8Array(bytes))
    return () => copy
  }
  const text = Buffer.from(buffer, byteOffset, length).toString('latin1')
  return () => lazyFromBytes(Buffer.from(text, 'latin1'))
}

/** Changes in the order in which they came, by their numbers. What is forgotten counts as changed when it was forgotten. */
class Changes {
  /** The number of the last one. */
  last = 0
  private floor = 0
  private readonly known = new LRUCache<Topic, number>({
    max: mostTopics,
    dispose: (_value, _key, reason) => {
      if (reason === 'evict') this.floor = this.last
    },
  })

  note(topic: Topic): void {
    this.last += 1
    this.known.set(topic, this.last)
  }

  /** Whether that topic has not changed since the change of that number. */
  isSame(topic: Topic, since: number): boolean {
    return (this.known.get(topic) ?? this.floor) <= since
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
    const key = keyOf(question, owner)
    const found = this.at(key, question, owner)
    if (found !== undefined) return found
    const shared =
      owner === everyone ? undefined : this.at(keyOf(question, everyone), question, everyone)
    return shared ?? { stamp: { key, since: this.changes.last } }
  }

  keep(
    question: Question,
    stamp: unknown,
    answer: { readonly bytes: Uint8Array; readonly ttlMs: number; readonly isPublic: boolean },
  ): void {
    const { ttlMs, isPublic } = answer
    const { length } = answer.bytes
    const { key, since } = stamp as MemoryStamp
    const cameAt = this.clock.elapsed()
    this.kept.set(isPublic ? keyOf(question, everyone) : key, {
      result: copyOf(answer.bytes),
      bytes: length,
      cameAt,
      endsAt: cameAt + ttlMs,
      since,
    })
  }

  outdate(topic: Topic): void {
    this.changes.note(topic)
  }

  clear(): void {
    this.kept.clear()
  }

  get entries(): number {
    return this.kept.size
  }

  private at(key: string, question: Question, owner: string) {
    const entry = this.kept.get(key)
    if (entry === undefined) return undefined
    const now = this.clock.elapsed()
    const { since, endsAt, cameAt, result } = entry
    if (now < endsAt && this.isCurrent(question, owner, since)) {
      return { result: result(), ageMs: now - cameAt }
    }
    this.kept.delete(key)
    return undefined
  }

  private isCurrent({ topics, writer }: Question, owner: string, since: number): boolean {
    for (const topic of topics) if (!this.changes.isSame(topic, since)) return false
    return this.changes.isSame(writesOf(owner === everyone ? everyone : writer), since)
  }
}

/** Neither part has a line break: both are JSON text or digests. */
const keyOf = ({ id }: Question, owner: string): string => `${owner}\n${id}`
