// What is done about each thing that was recognised: the right command at once, and then what can follow it.
import { existsSync } from 'node:fs'
import { readToken } from '../../core/token/token-shape.ts'
import { shellWord } from '../terminal/shell-word.ts'
import { askAddress, back, take, type Guide, type Next } from './guide-step.ts'
import { discoverAt, judgeToken, tryToken } from './look.ts'
import { placeOf, type Seen } from './recognise.ts'

type Known<Kind extends Seen['kind']> = Extract<Seen, { readonly kind: Kind }>

const configFile = 'proxy.toml'

/** A JWT names its issuer; any other token says nothing, so that the server it is for has to be known. */
const actOnToken = async (guide: Guide, { token, issuer }: Known<'token'>): Promise<Next> => {
  const isHere = existsSync(configFile)
  const wanted = isHere ? ['--config', configFile] : []
  if (isHere || readToken(token).shape === 'jws') {
    return judgeToken(guide, {}, { token, wanted, issuer })
  }
  const address = await askAddress(guide, 'The URL of the MCP server that it is for:')
  return tryToken(guide, address, token)
}

const explained = async (guide: Guide, text: string): Promise<void> => {
  const isWord = /^[\w-]{1,40}$/.test(text)
  await take(
    guide,
    isWord
      ? { args: ['explain', text] }
      : { args: ['explain', '-'], stdin: text, from: 'text.txt' },
  )
}

const actOnRequest = async (guide: Guide, { request, answer }: Known<'request'>): Promise<Next> => {
  if (answer !== undefined) await explained(guide, answer)
  const address = placeOf(request)
  if (request.asksForToken) return discoverAt(guide, address)
  return request.token === undefined
    ? discoverAt(guide, address, 'mcp')
    : tryToken(guide, address, request.token)
}

const afterText = (guide: Guide, server: string | undefined, id?: string): Promise<Next> =>
  guide.asker.choose<Next>('Next step?', [
    ...(server === undefined
      ? []
      : [{ name: `Look at ${shellWord(server)}`, value: () => discoverAt(guide, server, 'mcp') }]),
    ...(id === undefined
      ? []
      : [
          {
            name: 'Ask the running proxy why',
            value: async (): Promise<Next> => {
              await take(guide, { args: ['why', id] })
              return () => afterText(guide, server)
            },
          },
        ]),
    {
      name: 'Look at an address',
      value: async () => discoverAt(guide, await askAddress(guide, 'Its address:')),
    },
    back,
  ])

const actOnDecision = async (guide: Guide, { id, text }: Known<'decision'>): Promise<Next> => {
  const code = await take(guide, { args: ['why', id] })
  // Where no proxy is asked, the line itself still says something.
  if (code !== 0 && text !== undefined) await explained(guide, text)
  return () => afterText(guide, undefined)
}

export const actOn = async (
  guide: Guide,
  seen: Exclude<Seen, { readonly kind: 'nothing' }>,
): Promise<Next> => {
  switch (seen.kind) {
    case 'token':
      return actOnToken(guide, seen)
    case 'address':
      return discoverAt(guide, seen.address)
    case 'request':
      return actOnRequest(guide, seen)
    case 'decision':
      return actOnDecision(guide, seen)
    case 'text':
      await explained(guide, seen.text)
      return () => afterText(guide, seen.server)
    case 'words':
      await take(guide, { args: ['explain', ...seen.words] })
      return () => afterText(guide, undefined)
    case 'config':
      await take(guide, { args: ['doctor', '--config', seen.file] })
      return () => afterText(guide, undefined)
  }
}
