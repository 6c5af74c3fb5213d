// What can be wrong with the keys of [[backends]] that shape what clients see of it: cases of config-value and config-advice.
import { says, type Texts } from './spec.ts'

export const shapingValues = {
  pattern: says(
    ({ key, why }: Texts<'key' | 'why'>) => `${key}: the regular expression is not valid: ${why}`,
    { key: 'backends[0].hide_tools[1]', why: 'missing closing ]: `[a-`' },
    'write it in the syntax of RE2, which has no look-around and no back references; without re: the pattern is a glob',
  ),
  'expose-and-hide': says(
    ({ key, other }: Texts<'key' | 'other'>) => `${key}: cannot be used together with ${other}`,
    { key: 'backends[0].hide_tools', other: 'expose_tools' },
    'keep one of the two: a list of what is offered, or one of what is not',
  ),
}

export const shapingAdvice = {
  'glob-signs': says(
    ({ key, signs }: Texts<'key' | 'signs'>) =>
      `${key}: contains ${signs}, which a glob compares as it is`,
    { key: 'backends[0].hide_tools[0]', signs: '"["' },
    'use * and ? alone, or a regular expression behind re:',
  ),
}
