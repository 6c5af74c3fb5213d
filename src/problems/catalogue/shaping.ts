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
  'shape-twice': says(
    ({ key, name, other }: Texts<'key' | 'name' | 'other'>) =>
      `${key}: ${name} is there already, at ${other}`,
    { key: 'backends[0].aliases[1].to', name: '"read"', other: 'backends[0].aliases[0].to' },
    'remove one of the two, or give it another name',
  ),
  'hidden-renamed': says(
    ({ key, name }: Texts<'key' | 'name'>) => `${key}: the parameter ${name} is hidden too`,
    { key: 'backends[0].param_overrides[0].rename.path', name: '"path"' },
    'hide the parameter or rename it',
  ),
  'description-of': says(
    ({ key }: Texts<'key'>) => `${key}: must have one of tool, prompt and resource`,
    { key: 'backends[0].descriptions[0]' },
    'write an entry for each',
  ),
  'description-empty': says(
    ({ key }: Texts<'key'>) => `${key}: has neither a title nor a description`,
    { key: 'backends[0].descriptions[0]' },
    'add one of the two, or remove the entry',
  ),
}

export const shapingAdvice = {
  'glob-signs': says(
    ({ key, signs }: Texts<'key' | 'signs'>) =>
      `${key}: contains ${signs}, which a glob compares as it is`,
    { key: 'backends[0].hide_tools[0]', signs: '"["' },
    'use only * and ?, or a regular expression after re:',
  ),
}
