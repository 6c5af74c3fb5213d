// The environment that a client gives to a server, without the secrets in it.
import {
  isEntry,
  isLiteral,
  claimed,
  masked,
  place,
  read,
  written,
  type Reading,
} from './reading.ts'
import { configText } from './references.ts'
import { isSecretValue, variableNameOf } from '../secret-like.ts'

/** By name, as our configuration writes it; `reading.own` has it from then on. */
export const environmentOf = (reading: Reading): Record<string, string> => {
  const { entry, context, leftOut } = reading
  const found: Record<string, string> = {}
  const given = entry['env']
  if (given !== undefined && !isEntry(given)) leftOut.push({ key: 'env', why: 'is no table' })
  for (const [key, value] of Object.entries(isEntry(given) ? given : {})) {
    if (!['string', 'number', 'boolean'].includes(typeof value)) {
      if (value !== null) leftOut.push({ key: `env.${key}`, why: 'is no text' })
      continue
    }
    const text = String(value)
    // A name that is no plain text would break the file as its value would.
    written([{ text: key }], 'a name in env', reading)
    const where = `env.${key}`
    const plain = read(text, reading)
    const pieces =
      isLiteral(plain) && isSecretValue(key, text)
        ? claimed(text, reading, where, key)
        : masked(plain, reading, where, () => [variableNameOf(reading.name, key)])
    reading.own.set(key, pieces)
    found[key] = written(pieces, where, reading)
  }
  const file = entry['envFile']
  if (typeof file !== 'string') return found
  const names = context.envFile(configText(read(file, reading)) ?? file)
  if (typeof names === 'string') {
    leftOut.push({ key: 'envFile', why: names })
    return found
  }
  for (const name of names.filter((one) => !Object.hasOwn(found, one))) {
    context.variables.refer(name, place(`env.${name}`, reading), 'envFile')
    found[name] = `\${${name}}`
  }
  return found
}
