import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createIdTable } from '../../../src/backends/channel/id-table.ts'

describe('a table of numbers handed out', () => {
  it('finds what is in it and nothing else, however long some of it stays', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 30 }), { maxLength: 200 }), (steps) => {
        const table = createIdTable<{ readonly id: number }>()
        const held: { readonly id: number }[] = []
        const gone: number[] = []
        const ids: number[] = []
        for (const step of steps) {
          const out = held.splice(step, 1)[0]
          if (out === undefined) {
            const added = table.add((id) => ({ id }))
            ids.push(added.id)
            held.push(added)
          } else {
            table.remove(out.id)
            gone.push(out.id)
          }
        }
        for (const one of held) expect(table.get(one.id)).toBe(one)
        for (const id of gone) expect(table.get(id)).toBeUndefined()
        expect(ids).toEqual([...new Set(ids)].toSorted((one, other) => one - other))
        expect(table.size).toBe(held.length)
        expect(new Set(table.values())).toEqual(new Set(held))
      }),
    )
  })

  it('knows nothing under a number that is none of its own', () => {
    const table = createIdTable<string>()
    table.add(() => 'first')
    for (const id of [0, -1, 1.5, Number.NaN, 17, Infinity]) expect(table.get(id)).toBeUndefined()
    table.remove(17)
    table.remove(1)
    table.remove(1)
    expect(table.size).toBe(0)
  })
})
