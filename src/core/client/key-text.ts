// What tells the text of a key or a certificate from the path of a file that holds it.

/** PEM or JSON. */
export const isKeyText = (value: string): boolean => /^\s*(?:-----BEGIN |\{)/.test(value)
