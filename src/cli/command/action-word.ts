// Commands with several actions: the word that chooses one.
import { looksLikeToken } from '../../base/token-like.ts'
import { nearest } from '../../config/nearest.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'

/** Throws a UsageError where the word is missing or none of the actions; a word that could be a token is not repeated. */
export const chosenAction = <Action extends string>(
  command: string,
  word: string | undefined,
  all: readonly Action[],
): Action => {
  const action = all.find((one) => one === word)
  if (action !== undefined) return action
  const actions = all.join(', ')
  if (word === undefined)
    throw usageError(problemOf('usage-missing', 'action', { command, actions }))
  const meant = looksLikeToken(word) ? undefined : nearest(word, all)
  throw usageError(
    meant === undefined
      ? problemOf('usage-flag', 'action', { command, actions })
      : problemOf('usage-flag', 'action-similar', { command, meant }),
  )
}
