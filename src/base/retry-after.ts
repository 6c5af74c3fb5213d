// The Retry-After header field (RFC 9110 section 10.2.3).

/** Seconds from `nowMs` (milliseconds since the epoch), whether it says seconds or a date; undefined where it says neither. */
export const retryAfterSeconds = (value: string | undefined, nowMs: number): number | undefined => {
  if (value === undefined) return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value)
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - nowMs) / 1000))
}
