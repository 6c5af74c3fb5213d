// What the guided mode asks after a look at an address.
import { exitCodes } from '../command/exit-codes.ts'
import type { GuideFacts } from '../terminal/guide-facts.ts'

export const questionAfter = (code: number, { outcome }: Pick<GuideFacts, 'outcome'>): string => {
  switch (outcome) {
    case 'open':
      return 'It asks for no token, so it refuses none. What now?'
    case 'unreachable':
      return 'Nothing answers there. What now?'
    case 'unavailable':
      return 'The server is in trouble. What now?'
    case 'wrong-path':
    case 'redirected':
    case 'not-mcp':
      return 'That is not the address of the MCP server. What now?'
    default:
      return code === exitCodes.accepted
        ? 'Nothing there should stop a client. What now?'
        : code === exitCodes.rejected
          ? 'The findings above can stop a client. What now?'
          : 'That could not be decided. What now?'
  }
}
