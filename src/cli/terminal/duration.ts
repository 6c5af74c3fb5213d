// Moments as a person reads them: how far from now, and when exactly.
import { duration } from '../../base/duration.ts'

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

/** "12:30:01Z" for a moment of the same UTC day, else with its date; undefined where it is no date. */
export const timeOfDay = (seconds: number, nowSeconds: number): string | undefined => {
  const date = new Date(seconds * 1000)
  const now = new Date(nowSeconds * 1000)
  if (Number.isNaN(date.getTime()) || Number.isNaN(now.getTime())) return undefined
  const text = date.toISOString().replace(/\.\d+Z$/, 'Z')
  return text.slice(0, -10) === now.toISOString().slice(0, -14) ? text.slice(-9) : text
}
