// Measures how the time of a piece of work grows with the size of its input, steadily enough for a busy machine.

export interface GrowthRow {
  /** What is read, and the worst shape of it. */
  readonly name: string
  /** Makes an input of this size and returns the work on it. Only the work is measured; a promise is waited for. */
  prepare(size: number): () => unknown
  /** The smallest size that is tried; 1000 by default. */
  readonly from?: number
  /** The largest size that is tried, also as the fourfold one: what a peer can send at all. 1,000,000 by default. */
  readonly to?: number
}

export interface Growth {
  /** The size that was measured, then again at four times as much. */
  readonly size: number
  readonly ms: number
  readonly msAtFourfold: number
  /** 4 where time grows with the size, 16 where it grows with its square. Less than that means nothing. */
  readonly ratio: number
}

/** Between 4 (linear) and 16 (quadratic), with room for garbage collection and for caches that no longer fit. */
export const mostGrowth = 9

/**
 * Work that takes less is tried again at a larger size: it is noise, or what grows with the square still hides behind
 * what grows with the size.
 */
const floorMs = 40
const runs = 2
const attempts = 3

/** The lesser of two clocks: one counts what other processes do, the other what other threads of this one do. */
const costOf = async (work: () => unknown): Promise<number> => {
  const cpuBefore = process.cpuUsage()
  const before = performance.now()
  await work()
  const wall = performance.now() - before
  const { user, system } = process.cpuUsage(cpuBefore)
  return Math.min(wall, (user + system) / 1000)
}

const bestOf = async (row: GrowthRow, size: number): Promise<number> => {
  let best = Infinity
  for (let run = 0; run < runs; run++) {
    best = Math.min(best, await costOf(row.prepare(size)))
    // A slow one needs no second look to be told from noise.
    if (best > 25 * floorMs) break
  }
  return best
}

const measure = async (row: GrowthRow): Promise<Growth> => {
  const { from = 1000, to = 1_000_000 } = row
  // What the engine does with code that it has not seen often is not measured.
  await costOf(row.prepare(from))
  let size = from
  let ms = await bestOf(row, size)
  for (;;) {
    // A pause of the machine must not pass for work: what looks long enough is measured once more.
    if (ms >= floorMs) ms = Math.min(ms, await bestOf(row, size))
    const msAtFourfold = await bestOf(row, size * 4)
    const growth = { size, ms, msAtFourfold, ratio: msAtFourfold / Math.max(ms, floorMs) }
    // The first size that takes long enough decides; what is quick at the largest size is quick enough.
    if (ms >= floorMs || growth.ratio >= mostGrowth || size * 16 > to) return growth
    size *= 4
    ms = msAtFourfold
  }
}

/** The least growth of several attempts: a pause of the machine makes one of them worse, never better. */
export const growthOf = async (row: GrowthRow): Promise<Growth> => {
  let least = await measure(row)
  for (let attempt = 1; attempt < attempts && least.ratio >= mostGrowth; attempt++) {
    const again = await measure(row)
    if (again.ratio < least.ratio) least = again
  }
  return least
}
