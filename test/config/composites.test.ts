// [[composite_tools]]: what is refused, and where.
import { describe, expect, it, test } from 'vitest'
import { minimal, problemsOf, read, shown } from './reading.ts'

const composite = (keys: string): string =>
  `${minimal}\n[[composite_tools]]\nname = "all"\ndescription = "All at once"\n${keys}\n`

const steps = (...all: readonly string[]): string =>
  composite(`strategy = "sequential"\nsteps = [${all.map((one) => `{ ${one} }`).join(', ')}]`)

const cases: readonly (readonly [string, string, string])[] = [
  [
    'neither tools nor steps',
    composite(''),
    '9:3 config-value composite_tools[0]: must have one of tools and steps | use tools if all of them get',
  ],
  [
    'both',
    composite('tools = ["files/a"]\nsteps = [{ tool = "files/a" }]'),
    'composite_tools[0]: must have one of tools and steps',
  ],
  ['no tool at all', composite('tools = []'), 'composite_tools[0].tools: needs at least 1 entry'],
  [
    'a tool of a backend that does not exist',
    composite('tools = ["files/a", "tracker/b"]'),
    '12:21 config-value composite_tools[0].tools[1]: "tracker/b" is not a tool of a backend; the backends are "files" | write the name of the backend',
  ],
  [
    'a composite tool that calls itself',
    composite('tools = ["all"]'),
    'composite_tools[0].tools[0]: "all" is a composite tool itself | list the tools that it calls instead',
  ],
  [
    'the same by its full name',
    composite('tools = ["proxy/all"]'),
    'composite_tools[0].tools[0]: "proxy/all" is a composite tool itself',
  ],
  [
    'two of one name',
    `${composite('tools = ["files/a"]')}[[composite_tools]]\nname = "all"\ndescription = ""\ntools = ["files/b"]\n`,
    'composite_tools[1].name: "all" is there already, at composite_tools[0].name',
  ],
  [
    'a name that looks like a tool of a backend',
    composite('tools = ["files/a"]').replace('"all"', '"files__all"'),
    'composite_tools[0].name: looks like a tool of the backend files',
  ],
  [
    'a name that no client would take',
    composite('tools = ["files/a"]').replace('"all"', '"a b"'),
    'composite_tools[0].name: use letters, digits',
  ],
  [
    'one tool twice, so that nobody could say which step is meant',
    composite('tools = ["files/a", "files/a"]'),
    'composite_tools[0].tools[1]: "files/a" is there already, at composite_tools[0].tools[0]',
  ],
  [
    'two steps of one name',
    steps('name = "x", tool = "files/a"', 'name = "x", tool = "files/b"'),
    'composite_tools[0].steps[1].name: "x" is there already',
  ],
  [
    'a reference to a later step',
    steps('tool = "files/a", arguments_from = { id = "/steps/b/json/id" }', 'tool = "files/b"'),
    'composite_tools[0].steps[0].arguments_from.id: no earlier step is named "b"',
  ],
  [
    'a reference to results where there are no earlier ones',
    composite(
      'steps = [{ tool = "files/a" }, { tool = "files/b", arguments_from = { id = "/steps/a/json" } }]',
    ),
    'composite_tools[0].steps[1].arguments_from.id: results of earlier steps need strategy = "sequential"',
  ],
  [
    'a reference that is none',
    steps('tool = "files/a", arguments_from = { id = "input.id" }'),
    'composite_tools[0].steps[0].arguments_from.id: is no JSON Pointer',
  ],
  [
    'arguments of another type than object',
    composite('tools = ["files/a"]\ninput_schema = { type = "string" }'),
    'composite_tools[0].input_schema.type: must be "object"',
  ],
  [
    'a constant that is no JSON',
    steps('tool = "files/a", arguments = { since = 2026-01-01 }'),
    'composite_tools[0].steps[0].arguments: has a value that JSON cannot express',
  ],
  [
    'a strategy that does not exist',
    composite('tools = ["files/a"]\nstrategy = "random"'),
    'composite_tools[0].strategy',
  ],
]

describe('refused', () => {
  it.each(cases)('%s', async (_, text, expected) => {
    expect(shown(await problemsOf(text)).join('\n')).toContain(expected)
  })
})

test('a tool is named as clients see it, or by backend and own name', async () => {
  const { config } = await read(composite('tools = ["files/a", "files__b"]'))
  expect(config.composite_tools).toMatchObject([{ strategy: 'parallel', results: 'all' }])
})
