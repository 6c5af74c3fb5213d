// Names under which people keep secrets: environment variables, flags, parameters, headers.

const telling = /(?:^|_)(?:token|secret|password|passwd|api_?key|access_?key|private_?key)$/i

/** Whether programs expect a credential under this name in their environment. */
export const isTellingName = (name: string): boolean => telling.test(name)

/** `apiKey`, `api-key` and `API_KEY` are one name. */
export const snakeCase = (name: string): string =>
  name
    .replace(/^-+/, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase()

const namesSecret =
  /(?:^|_)(?:tokens?|secrets?|pass(?:word|wd|phrase|code)?s?|pwd|pat|jwt|bearer|cookies?|session|credentials?|\w*keys?|auth(?:_headers?)?|authorization(?:_headers?)?|dsn|connection_(?:string|uri)|sig|signature|pin|otp)$/

/** What a long name means is said at its end. */
const longestName = 200

/** Whether a secret is what usually has such a name: an environment variable, a flag, a parameter, a header. */
export const isSecretName = (name: string): boolean => {
  const end = name.slice(-longestName)
  return isTellingName(end) || namesSecret.test(snakeCase(end))
}
