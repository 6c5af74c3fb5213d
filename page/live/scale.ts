// Where values are on a picture: round marks for an axis, and a path through points.

/** At most `most` + 1 round numbers from 0 to `top`: 1, 2 or 5 times a power of ten apart. */
export const roundMarks = (top: number, most: number): readonly number[] => {
  const rough = top / most
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power
  return Array.from({ length: Math.floor(top / step) + 1 }, (_, index) => index * step)
}

export type Point = readonly [x: number, y: number]

const rounded = (value: number): string => value.toFixed(1)

/** The `d` of a path (SVG 2, section 9.3) that is interrupted where a point is null. */
export const pathThrough = (points: readonly (Point | null)[]): string =>
  points
    .map((point, index) => {
      const isAfter = (points[index - 1] ?? null) !== null
      const isBefore = (points[index + 1] ?? null) !== null
      if (point === null) return ''
      const [x, y] = point
      const at = `${rounded(x)} ${rounded(y)}`
      if (isAfter) return `L${at}`
      // A point alone is drawn as a short line.
      return isBefore ? `M${at}` : `M${at}h1`
    })
    .join('')
