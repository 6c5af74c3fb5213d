// The keys of one [[backends]] entry that make it a backup, a canary or a mirror of another one.
import * as z from 'zod'

const toolNames = (what: string) =>
  z
    .array(z.string())
    .optional()
    .describe(
      `Tools, by the names that the backend gives them, whose calls may be ${what} although they are not read-only by their annotations`,
    )

export const trafficKeys = {
  failover_for: z
    .string()
    .optional()
    .describe(
      'Name of a backend for which this one is a backup: it gets calls that failed there, unless they may have been carried out and are not safe to repeat. Its own names are hidden',
    ),
  priority: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe('With failover_for: of several backups the lowest is asked first; default: 0'),
  failover_tools: toolNames('sent to a backup after they may have been carried out'),
  canary_of: z
    .string()
    .optional()
    .describe(
      'Name of a backend of whose callers this one gets a share, by weight; a caller stays where it is. Its own names are hidden',
    ),
  weight: z
    .number()
    .int()
    .min(1)
    .max(100)
    .default(100)
    .describe(
      'Share of callers, against the weights of the backend with canaries and of these: 100 and 100 are half each',
    ),
  mirror_of: z
    .string()
    .optional()
    .describe(
      'Name of a backend of whose read-only calls this one gets a copy; its answers are dropped',
    ),
  mirror_percent: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe('With mirror_of: how many of 100 calls are copied; default: 100'),
  mirror_tools: toolNames('copied to a mirror'),
}

const trafficSchema = z.object(trafficKeys)

export type TrafficConfig = z.infer<typeof trafficSchema> & { readonly name: string }

/** Whether it substitutes another backend: what it lists is shown to no one, and its names are not found. */
export const isHidden = ({
  failover_for: failover,
  canary_of: canary,
}: Pick<TrafficConfig, 'failover_for' | 'canary_of'>): boolean =>
  failover !== undefined || canary !== undefined

/** The backend that it substitutes. */
export const substituted = ({
  failover_for: failover,
  canary_of: canary,
}: Pick<TrafficConfig, 'failover_for' | 'canary_of'>): string | undefined => failover ?? canary
