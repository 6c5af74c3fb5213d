// What waits under numbers that we hand out ourselves. Not a Map, for the reason in base/roster.ts: here too much comes and goes.

export interface IdTable<Value> {
  readonly size: number
  /** Keeps what `make` makes of its number. Numbers grow, and are never given twice. */
  add(make: (id: number) => Value): Value
  get(id: number): Value | undefined
  remove(id: number): void
  values(): readonly Value[]
}

interface Slot<Value> {
  readonly id: number
  readonly value: Value
}

const smallest = 16

/** A number's place is its remainder; one whose place is taken is left out. */
export const createIdTable = <Value>(): IdTable<Value> => {
  let slots = Array.from<Slot<Value> | undefined>({ length: smallest })
  let size = 0
  let lastId = 0
  const placeOf = (id: number): number => id % slots.length

  const grow = () => {
    const before = slots
    slots = Array.from<Slot<Value> | undefined>({ length: before.length * 2 })
    for (const slot of before) if (slot !== undefined) slots[placeOf(slot.id)] = slot
  }
  return {
    get size() {
      return size
    },
    add: (make) => {
      if (size * 2 >= slots.length) grow()
      do lastId += 1
      while (slots[placeOf(lastId)] !== undefined)
      const slot = { id: lastId, value: make(lastId) }
      slots[placeOf(slot.id)] = slot
      size += 1
      return slot.value
    },
    get: (id) => {
      const slot = slots[placeOf(id)]
      return slot?.id === id ? slot.value : undefined
    },
    remove: (id) => {
      if (slots[placeOf(id)]?.id !== id) return
      slots[placeOf(id)] = undefined
      size -= 1
    },
    values: () => slots.flatMap((slot) => (slot === undefined ? [] : [slot.value])),
  }
}
