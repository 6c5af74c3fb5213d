// What the outside of a secret tells: enough to find a copying accident, nothing of the secret itself.

const placeholder =
  /^(?:change[-_ ]?me|secret|password|todo|x{3,}|your[-_ ].*|<.*>|\{\{.*\}\}|\$.*)$/i

/** RFC 6749 appendix B: what Basic has to encode, and what some servers then fail to decode. */
const encoded = /[^A-Za-z0-9*._-]/gu

/** Accidents, in words that go on from the name of the secret. Empty for what looks like a secret. */
export const secretAccidents = (value: string): readonly string[] => [
  ...(/^\s/.test(value) ? ['begins with white space'] : []),
  ...(/\s$/.test(value) ? ['ends with white space'] : []),
  ...(/\S\s*[\r\n]+\s*\S/.test(value) && !value.includes('-----BEGIN')
    ? ['has a line break inside']
    : []),
  ...(/^(["'`]).*\1$/s.test(value) ? ['is wrapped in quotes'] : []),
  ...(placeholder.test(value.trim()) ? ['is a placeholder'] : []),
  ...(/^(?:bearer|basic)\s/i.test(value) ? ['begins with the name of a scheme'] : []),
]

/** "41 characters, 2 of them encoded for Basic". Does not say which characters they are. */
export const secretShape = (value: string): string => {
  const special = value.match(encoded)?.length ?? 0
  return [
    `${value.length} characters`,
    ...(special === 0 ? [] : [`${special} of them need form-encoding`]),
    ...secretAccidents(value),
  ].join(', ')
}
