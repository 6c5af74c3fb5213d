// What a person pastes at the end of a login, in every form that browsers and pages give it.
import { expect, test } from 'vitest'
import { readPasted } from '../../../src/cli/login/pasted-redirect.ts'

const read = (line: string) => {
  const found = readPasted(line)
  return 'fault' in found ? found.fault : Object.fromEntries(found.parameters)
}
const both = { code: 'c-1', state: 's-1' }

test.each([
  ['the address', 'http://127.0.0.1:8085/callback?code=c-1&state=s-1', both],
  ['with blanks around it', '  http://127.0.0.1/callback?code=c-1&state=s-1 ', both],
  ['in quotes', '"http://127.0.0.1/callback?code=c-1&state=s-1"', both],
  ['in angle brackets', '<http://127.0.0.1/callback?code=c-1&state=s-1>', both],
  ['of another host', 'http://localhost/callback?state=s-1&code=c-1', both],
  ['with the answer behind #', 'http://127.0.0.1/callback#code=c-1&state=s-1', both],
  ['the query', '?code=c-1&state=s-1', both],
  ['the query without its mark', 'code=c-1&state=s-1', both],
  ['encoded', 'code=c%2D1&state=s-1', both],
  ['code and state', 'c-1 s-1', both],
  ['code#state', 'c-1#s-1', both],
  [
    'an error',
    'http://127.0.0.1/callback?error=access_denied&state=s-1',
    { error: 'access_denied', state: 's-1' },
  ],
  ['a code alone', 'SplxlOBeZQQYbYS6WxSbIA', 'state'],
  ['an address without a state', 'http://127.0.0.1/callback?code=c-1', 'state'],
  ['an address without an answer', 'http://127.0.0.1/callback', 'form'],
  ['the address of the login', 'https://id.example.com/auth?state=s-1&client_id=x', 'form'],
  ['a word', 'yes', 'form'],
  ['a sentence', 'it does not work', 'form'],
  ['nothing', '   ', 'empty'],
  ['far too much', `code=${'x'.repeat(20_000)}&state=s-1`, 'form'],
])('%s', (_, line, expected) => {
  expect(read(line)).toEqual(expected)
})
