// The key under which a token is remembered.
import { createHash, hash } from 'node:crypto'

/** What a token is remembered by: the token itself is not kept. */
export const tokenDigest: (token: string) => string =
  // crypto.hash takes two thirds of the time; it came with Node 20.12.
  typeof hash === 'function'
    ? (token) => hash('sha256', token, 'base64')
    : (token) => createHash('sha256').update(token).digest('base64')
