// An event stream of the admin API (Server-Sent Events) to one that follows it.
import { encodeSse, sseComment } from '../../mcp/sse.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import type { EventFeed, FeedEvent } from '../admin/route.ts'
import { streamHeaders } from './answer-stream.ts'
import type { HttpExchange } from './state.ts'

/** As many may follow at once; each costs an object and a connection. */
const mostFollowers = 16
/** What may wait for a follower that reads slowly. */
const mostBuffered = 1_048_576

const eventText = ({ event, id, data }: FeedEvent): string =>
  encodeSse(JSON.stringify(data), { event, ...(id === undefined ? {} : { id }) })

/** Undefined: it is served. */
export const serveFeed = (exchange: HttpExchange, feed: EventFeed): Problem | undefined => {
  const { state, req, res, headers } = exchange
  const { followers, answers } = state
  if (followers.size >= mostFollowers) {
    return problemOf('admin-followers', { limit: mostFollowers })
  }
  let missed = 0
  const write = (event: FeedEvent): void => {
    // A follower that reads slowly never slows calls: it misses some, and gets their number.
    if (res.writableLength > mostBuffered) {
      missed += 1
      return
    }
    if (missed > 0) res.write(encodeSse(JSON.stringify({ missed }), { event: 'missed' }))
    missed = 0
    res.write(eventText(event))
  }
  res.writeHead(200, { ...headers, ...streamHeaders, 'cache-control': 'no-store' })
  if (req.method === 'HEAD') {
    res.end()
    return undefined
  }
  res.write(sseComment('decisions'))
  for (const event of feed.first) write(event)
  const stop = feed.follow(write)
  const following = followers.add({ end: () => res.end() })
  const alive = answers.add({
    keepAlive: () => {
      if (res.writableLength === 0) res.write(sseComment('keep-alive'))
    },
  })
  res.once('close', () => {
    stop()
    followers.remove(following)
    answers.remove(alive)
  })
  return undefined
}
