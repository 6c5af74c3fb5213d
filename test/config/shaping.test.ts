// The keys of [[backends]] that shape what clients see: what is refused, where, and what is only advised against.
import { describe, expect, it, test } from 'vitest'
import { minimal, problemsOf, read, shown } from './reading.ts'

const cases: readonly (readonly [string, string, string])[] = [
  [
    'two lists for one kind',
    'expose_tools = ["a"]\nhide_tools = ["b"]\n',
    '9:14 config-value backends[0].hide_tools: cannot be used together with expose_tools | keep one of the two: a list of what is offered, or one of what is not',
  ],
  [
    'an empty list of what is offered',
    'expose_tools = []\n',
    '8:16 config-value backends[0].expose_tools: needs at least 1 entry',
  ],
  [
    'an expression that cannot be compiled',
    'hide_prompts = ["a", "re:(?=a)"]\n',
    '8:22 config-value backends[0].hide_prompts[1]: the regular expression is not valid: invalid or unsupported Perl syntax',
  ],
  [
    'two aliases to one name',
    'aliases = [{ from = "a", to = "x" }, { from = "b", to = "x" }]\n',
    'config-value backends[0].aliases[1].to: "x" is there already, at backends[0].aliases[0].to',
  ],
  [
    'two aliases of one tool',
    'aliases = [{ from = "a", to = "x" }, { from = "a", to = "y" }]\n',
    'config-value backends[0].aliases[1].from: "a" is there already, at backends[0].aliases[0].from',
  ],
  [
    'an alias that no client would take',
    'aliases = [{ from = "a", to = "x y" }]\n',
    'config-value backends[0].aliases[0].to: use letters, digits',
  ],
  [
    'two entries for the parameters of one tool',
    'param_overrides = [{ tool = "a" }, { tool = "a" }]\n',
    'config-value backends[0].param_overrides[1].tool: "a" is there already',
  ],
  [
    'a parameter that is hidden and renamed',
    'param_overrides = [{ tool = "a", hide = ["p"], rename = { p = "q" } }]\n',
    'config-value backends[0].param_overrides[0].rename.p: the parameter "p" is hidden too',
  ],
  [
    'two parameters of one name',
    'param_overrides = [{ tool = "a", rename = { p = "q", r = "q" } }]\n',
    'config-value backends[0].param_overrides[0].rename.r: "q" is there already',
  ],
  [
    'an argument that is no JSON',
    'default_args = { since = 2026-01-01 }\n',
    'config-value backends[0].default_args: has a value that JSON cannot express',
  ],
  [
    'a description of nothing',
    'descriptions = [{ title = "x" }]\n',
    'config-value backends[0].descriptions[0]: must have one of tool, prompt and resource',
  ],
  [
    'a description of two things',
    'descriptions = [{ tool = "a", prompt = "b", title = "x" }]\n',
    'config-value backends[0].descriptions[0]: must have one of tool, prompt and resource',
  ],
  [
    'a description without words',
    'descriptions = [{ tool = "a" }]\n',
    'config-value backends[0].descriptions[0]: has neither a title nor a description',
  ],
  [
    'two descriptions of one tool',
    'descriptions = [{ tool = "a", title = "x" }, { tool = "a", title = "y" }]\n',
    'config-value backends[0].descriptions[1].tool: "a" is there already',
  ],
]

describe('refused', () => {
  it.each(cases)('%s', async (_, keys, expected) => {
    const [first] = shown(await problemsOf(`${minimal}${keys}`, {}))
    expect(first).toContain(expected)
  })
})

test('what a glob takes as it is may have been meant otherwise', async () => {
  const text = `${minimal}hide_tools = ["delete_[ab]", "re:^[ab]"]\nhide_resources = ["file:///{x}"]\n`
  const { warnings } = await read(text)
  expect(shown(warnings)).toEqual([
    '8:15 config-advice backends[0].hide_tools[0]: contains "[", which a glob compares as it is | use only * and ?, or a regular expression after re:',
  ])
})
