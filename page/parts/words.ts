// How values are written for a person.

const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})

/** `13:50:01`, in the time zone of the reader. */
export const clockTime = (time: string): string => clock.format(new Date(time))

const minutes = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
})

/** `13:50`, of seconds since 1970. */
export const clockMinutes = (seconds: number): string => minutes.format(new Date(seconds * 1000))

export const milliseconds = (ms: number): string => {
  if (ms === 0) return '0 ms'
  if (ms < 10) return `${ms.toFixed(1)} ms`
  if (ms < 1000) return `${ms.toFixed(0)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  return `${(ms / 60_000).toFixed(1)} min`
}

const units = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const

/** Two units at most: `2 h 14 min`. */
export const span = (seconds: number): string => {
  let rest = Math.max(0, Math.round(seconds))
  const parts: string[] = []
  for (const [size, unit] of units) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${String(count)} ${unit}`)
  }
  return parts.slice(0, 2).join(' ') || '0 s'
}

/** How long ago it was: `3 min`. */
export const age = (time: string): string => span((Date.now() - Date.parse(time)) / 1000)

/** A value as the proxy compared it: texts as they are, lists one below the other. */
export const valueLines = (value: unknown): readonly string[] => {
  if (Array.isArray(value)) {
    return value.length === 0 ? ['none'] : value.flatMap((one: unknown) => valueLines(one))
  }
  if (value === null || value === undefined) return ['none']
  return [typeof value === 'string' ? value : JSON.stringify(value)]
}

export const outcomeWords = {
  accepted: 'accepted',
  rejected: 'refused',
  undecided: 'undecided',
  failed: 'failed',
} as const
