// The one reader of standard input: to its end, with a cap, once.
import { Gathered } from '../../base/gathered.ts'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'

const cap = 1_048_576

const readAll = async (): Promise<string> => {
  const gathered = new Gathered()
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    if (gathered.length + chunk.length > cap) {
      throw usageError(problemOf('usage-flag', 'stdin-too-long', { limit: cap }))
    }
    gathered.push(chunk)
  }
  return gathered.take().toString('utf8')
}

let taken: string | undefined

/** `wanted` says what for; a second, different want is a mistake in the command line. */
export const readStandardInput = (wanted: string): Promise<string> => {
  if (taken !== undefined && taken !== wanted) {
    throw usageError(problemOf('usage-flag', 'stdin-twice', { first: taken, second: wanted }))
  }
  taken = wanted
  return readAll()
}
