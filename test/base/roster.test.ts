import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRoster, type Ticket } from '../../src/base/roster.ts'

describe('a roster', () => {
  it('holds what was added and not removed, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 9 }), { maxLength: 60 }), (steps) => {
        const roster = createRoster<object>()
        const held: Ticket<object>[] = []
        for (const step of steps) {
          const out = held.splice(step, 1)[0]
          if (out === undefined) held.push(roster.add({}))
          else roster.remove(out)
        }
        expect(new Set(roster.values())).toEqual(new Set(held.map(({ value }) => value)))
        expect(roster.size).toBe(held.length)
      }),
    )
  })

  it('takes no other out when the same ticket is handed in twice', () => {
    const roster = createRoster<string>()
    const first = roster.add('first')
    roster.add('second')
    roster.remove(first)
    roster.remove(first)
    expect(roster.values()).toEqual(['second'])
  })

  it('lets its values leave while they are gone through', () => {
    const roster = createRoster<() => void>()
    let ended = 0
    for (let index = 0; index < 5; index++) {
      const ticket = roster.add(() => {
        ended += 1
        roster.remove(ticket)
      })
    }
    for (const end of roster.values()) end()
    expect(ended).toBe(5)
    expect(roster.size).toBe(0)
  })
})
