// The words for one decision on a line: who asked, and how long it took.

export interface Asker {
  readonly sub?: string | null | undefined
  readonly clientId?: string | null | undefined
  /** The program. */
  readonly client?: string | null | undefined
  readonly address?: string | null | undefined
}

/** The person or program that asked, by the best that is known of it. */
export const whoText = ({ sub, clientId, client, address }: Asker): string =>
  [sub ?? clientId, client ?? address]
    .filter((word) => word !== null && word !== undefined)
    .join(' ')

export const tookText = (ms: number | null | undefined): string => {
  if (ms === null || ms === undefined) return ''
  return ms < 1000 ? `${String(Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`
}
