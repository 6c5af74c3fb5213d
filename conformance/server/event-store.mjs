// What was sent on the streams of one session, so that a client that lost a stream gets the rest of it.
const keep = 1000

export const createEventStore = () => {
  const events = []
  let next = 1

  return {
    storeEvent: async (stream, message) => {
      const id = String(next++)
      events.push({ id, stream, message })
      if (events.length > keep) events.shift()
      return id
    },
    getStreamIdForEventId: async (id) => events.find((event) => event.id === id)?.stream,
    replayEventsAfter: async (lastId, { send }) => {
      const last = events.findIndex((event) => event.id === lastId)
      const stream = events[last]?.stream
      if (stream === undefined) throw new Error(`No event ${lastId} is remembered`)
      const missed = events.slice(last + 1).filter((event) => event.stream === stream)
      for (const { id, message } of missed) await send(id, message)
      return stream
    },
  }
}
