// Moments as a person reads them: how far from now, and when exactly.
import { duration } from '../core/duration.ts'

export const relative = (seconds: number, nowSeconds: number): string => {
  const difference = seconds - nowSeconds
  if (Math.abs(difference) < 1) return 'now'
  return difference > 0 ? `in ${duration(difference)}` : `${duration(difference)} ago`
}

/** "2026-11-23 17:40:01 UTC"; undefined where the number is no date. */
export const absolute = (seconds: number): string | undefined => {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime())
    ? undefined
    : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
