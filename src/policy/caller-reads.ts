// What conditions read of a caller: callers who are equal in it are judged alike, whatever else their tokens say.
import type { ASTNode } from '@marcbachmann/cel-js'
import type { JsonObject } from '../base/json.ts'

export interface CallerReads {
  /** It reads the caller, or all claims, as a whole. */
  whole: boolean
  readonly members: Set<string>
  readonly claims: Set<string>
}

export const noReads = (): CallerReads => ({ whole: false, members: new Set(), claims: new Set() })

const isCaller = (node: ASTNode): boolean => node.op === 'id' && node.args === 'caller'

const isClaims = (node: ASTNode): boolean =>
  node.op === '.' && isCaller(node.args[0]) && node.args[1] === 'claims'

/** Notes what the node reads; true where what is below it has been noted too. */
export const noteReads = (node: ASTNode, reads: CallerReads): boolean => {
  if (node.op === '.') {
    const [of, name] = node.args
    if (isClaims(of)) {
      reads.claims.add(name)
      return true
    }
    if (isCaller(of) && name !== 'claims') {
      reads.members.add(name)
      return true
    }
  }
  if (node.op === '[]' && isClaims(node.args[0])) {
    const [, name] = node.args
    if (name.op === 'value' && typeof name.args === 'string') {
      reads.claims.add(name.args)
      return true
    }
  }
  if (isCaller(node)) reads.whole = true
  return false
}

export const joinReads = (all: readonly CallerReads[]): CallerReads => ({
  whole: all.some(({ whole }) => whole),
  members: new Set(all.flatMap(({ members }) => [...members])),
  claims: new Set(all.flatMap(({ claims }) => [...claims])),
})

/** Equal for callers who differ in nothing that is read. A claim that is missing is not one that is null. */
export const readValues = (
  caller: JsonObject,
  claims: JsonObject,
  reads: CallerReads,
): readonly unknown[] =>
  reads.whole
    ? [caller]
    : [
        [...reads.members].map((name) => caller[name]),
        [...reads.claims].map((name) => (Object.hasOwn(claims, name) ? [claims[name]] : 0)),
      ]
