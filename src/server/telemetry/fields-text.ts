// Fields of a log line as key=value.
import type { LogFields } from '../../base/ports.ts'

/** Bare where nothing can be mistaken; quoted otherwise, so that no value can forge a field. */
const shown = (value: unknown): string => {
  if (typeof value === 'string' && /^[\w.:/@+-]+$/.test(value)) return value
  if (value instanceof Error) return JSON.stringify(value.message)
  return JSON.stringify(value) ?? ''
}

/** Each field with a blank before it; those without a value leave no trace. */
export const fieldsText = (fields: LogFields): string =>
  Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${shown(value)}`)
    .join('')
