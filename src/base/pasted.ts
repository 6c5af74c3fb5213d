// What comes along when a person copies a word out of a text: characters without a width, and quotes around it.

/** Characters that have no width: they cannot be seen, and neither a token nor an address contains them. */
export const invisible = /[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g

const quote = /["'`\u00ab\u00bb\u2018-\u201f\u2039\u203a]/

/**
 * At both ends or at one of them: half a quote is as foreign as two. By hand: an expression looks at a run of quotes
 * from each of its places.
 */
export const withoutQuotes = (text: string): string => {
  let start = 0
  while (quote.test(text.charAt(start))) start += 1
  let end = text.length
  if (/[,;]$/.test(text) && quote.test(text.charAt(end - 2))) end -= 1
  while (end > start && quote.test(text.charAt(end - 1))) end -= 1
  return text.slice(start, end)
}
