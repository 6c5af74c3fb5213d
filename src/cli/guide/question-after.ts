// What the guided mode asks after a look at an address.
import { exitCodes } from '../command/exit-codes.ts'
import type { GuideFacts } from '../terminal/guide-facts.ts'

export const questionAfter = (code: number, { outcome }: Pick<GuideFacts, 'outcome'>): string => {
  switch (outcome) {
    case 'open':
      return 'It requires no token. Next step?'
    case 'unreachable':
      return 'Nothing answers there. Next step?'
    case 'unavailable':
      return 'The server reports an error. Next step?'
    case 'wrong-path':
    case 'redirected':
    case 'not-mcp':
      return 'That is not the address of the MCP server. Next step?'
    default:
      return code === exitCodes.accepted
        ? 'Nothing there should stop a client. Next step?'
        : code === exitCodes.rejected
          ? 'The findings above can stop a client. Next step?'
          : 'The result is inconclusive. Next step?'
  }
}
