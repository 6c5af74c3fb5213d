// The place of the main link: while one link is in it another can take it over, and nothing is down meanwhile.
import type { Problem } from '../../problems/problem.ts'

export type Taken<Link> = Link | { readonly problem: Problem }
type Put<Link> = (next: Taken<Link>) => void

export interface MainPlace<Link> {
  /** Resolves with what ended the last of the links that were in the place. `onLeft`: a link has left it. */
  untilOver(
    first: Link,
    ended: (link: Link) => Promise<Problem>,
    onLeft: (link: Link) => void,
  ): Promise<Problem>
  /** Takes a link over, or the problem why there is none. Undefined: no link is in the place. */
  readonly put: Put<Link> | undefined
  /** While a link is being replaced: resolves when that is over. */
  readonly replacing: Promise<void> | undefined
  /** Runs what replaces the link. */
  during<Result>(work: () => Promise<Result>): Promise<Result>
}

export const createMainPlace = <Link extends object>(): MainPlace<Link> => {
  let put: Put<Link> | undefined
  let replacing: Promise<void> | undefined
  return {
    get put() {
      return put
    },
    get replacing() {
      return replacing
    },
    untilOver: async (first, ended, onLeft) => {
      let current = first
      for (;;) {
        const swap = new Promise<Taken<Link>>((resolve) => {
          put = resolve
        })
        const over = ended(current).then((problem) => ({ problem }))
        const next = await Promise.race([over, swap])
        put = undefined
        onLeft(current)
        if ('problem' in next) return next.problem
        current = next
      }
    },
    during: async (work) => {
      let over: () => void = () => undefined
      replacing = new Promise((resolve) => {
        over = resolve
      })
      try {
        return await work()
      } finally {
        replacing = undefined
        over()
      }
    },
  }
}
