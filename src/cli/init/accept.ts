// Holds a draft to what serve would say of it: the same loading, the same assembly, with values that stand for
// variables that nobody has set yet.
import { generateKeyPairSync } from 'node:crypto'
import { systemPorts } from '../../net/system-ports.ts'
import type { UsageProblem } from '../../problems/usage-error.ts'
import { parseConfig } from '../../config/load.ts'
import { placeholderValues } from '../../config/placeholders.ts'
import { assemble } from '../../proxy/generation/generation.ts'
import { keyVariable } from './draft.ts'

const anyKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()

/** Throws a `UsageError` with everything that is wrong; opens nothing. Gives the warnings of a file that passes. */
export const acceptDraft = async (text: string, file: string): Promise<readonly UsageProblem[]> => {
  const values = placeholderValues(text)
  const env = values[keyVariable] === undefined ? values : { ...values, [keyVariable]: anyKey() }
  const { config, warnings } = await parseConfig(text, { file, format: 'toml', env })
  const generation = await assemble(config, systemPorts())
  await generation.close()
  return warnings
}
