// The address that a command is given, or a UsageError with the line that would be right. What was changed is said.
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { shellWord } from '../terminal/shell-word.ts'
import type { About } from './document-address.ts'
import { readPasted, type ReadAddress } from './pasted-address.ts'

export interface AddressWords {
  /** How it is written, with the address as its last word. */
  readonly example: string
  /** Whether the address of a WebSocket server is one too. */
  readonly sockets?: boolean
}

const usual = 'mcp-proxy discover https://id.example.com'

const inPlaceOf = (example: string, address: string): string =>
  `${example.slice(0, example.lastIndexOf(' ') + 1)}${shellWord(address)}`

/** Throws a UsageError for what is no address, or not certainly one. */
export const readAddress = (
  given: string,
  { example, sockets = false }: AddressWords = { example: usual },
): ReadAddress => {
  const read = readPasted(given, { sockets })
  switch (read.kind) {
    case 'address': {
      return read
    }
    case 'several': {
      const { n, first } = read
      const meant = inPlaceOf(example, first)
      throw usageError(problemOf('usage-flag', 'address-several', { n, meant }))
    }
    case 'other': {
      throw usageError(problemOf('usage-flag', 'address-form', { example }))
    }
    case 'socket': {
      const url = shellWord(read.meant)
      const http = shellWord(read.meant.replace(/^ws/i, 'http'))
      throw usageError(problemOf('usage-flag', 'address-socket', { url, http }))
    }
    case 'similar':
    case 'credential': {
      const meant = inPlaceOf(example, read.meant)
      throw usageError(problemOf('usage-flag', `address-${read.kind}`, { meant }))
    }
  }
}

/** The address alone, without a word about what was changed. */
export const checkedAddress = (given: string, example = usual): string =>
  readAddress(given, { example }).address

export interface NotedAddress {
  readonly address: string
  /** What the metadata document is about whose address was given; undefined: it was none. */
  readonly about: About | undefined
}

/** `readAddress`; what was changed is said in one line. */
export const notedAddress = (
  given: string,
  words: AddressWords,
  { note }: Pick<Narrator, 'note'>,
): NotedAddress => {
  const { address, about, said } = readAddress(given, words)
  if (said.length > 0) note(`address read as ${address} (${said.join(', ')})`)
  return { address, about }
}

/** An identifier that is compared character by character: only what copying put around it goes, and that is said. */
export const exactUrl = (given: string, flag: string, { note }: Pick<Narrator, 'note'>): string => {
  const read = readPasted(given, { hosts: false })
  if (read.kind !== 'address' || read.address === given) return given
  note(`${flag} read as ${read.address} (${read.said.join(', ')})`)
  return read.address
}
