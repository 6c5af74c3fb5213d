// How spans and moments of time are put into a sentence.

const units: readonly (readonly [number, string])[] = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'm'],
  [1, 's'],
]

/** 75 -> "1m 15s": the two largest units, rounded down. */
export const duration = (seconds: number): string => {
  let rest = Math.floor(Math.abs(seconds))
  const parts: string[] = []
  for (const [size, unit] of units) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count}${unit}`)
    else if (parts.length > 0) break
    if (parts.length === 2) break
  }
  return parts.join(' ') || '0s'
}

/** ISO 8601 without milliseconds; years that Date cannot hold are said in seconds. */
export const isoSeconds = (seconds: number): string => {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime())
    ? `${seconds} s after 1970`
    : date.toISOString().replace(/\.\d+Z$/, 'Z')
}
