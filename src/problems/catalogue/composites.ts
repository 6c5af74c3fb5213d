// What can be wrong with [[composite_tools]]: cases of config-value.
import { says, type Texts } from './spec.ts'

const steps = 'composite_tools[0].steps'

export const compositeValues = {
  'composite-steps': says(
    ({ key }: Texts<'key'>) => `${key}: must have one of tools and steps`,
    { key: 'composite_tools[0]' },
    'use tools if all of them get the arguments of the caller, or steps if their arguments differ',
  ),
  'composite-target': says(
    ({ key, tool, backends }: Texts<'key' | 'tool' | 'backends'>) =>
      `${key}: ${tool} is not a tool of a backend; the backends are ${backends}`,
    { key: 'composite_tools[0].tools[1]', tool: '"jira/search"', backends: '"files", "tracker"' },
    'write the name of the backend, a slash and the name that the backend gives the tool',
  ),
  'composite-nested': says(
    ({ key, tool }: Texts<'key' | 'tool'>) => `${key}: ${tool} is a composite tool itself`,
    { key: 'composite_tools[0].tools[1]', tool: '"search_all"' },
    'list the tools that it calls instead',
  ),
  'composite-name': says(
    ({ key, backend }: Texts<'key' | 'backend'>) =>
      `${key}: looks like a tool of the backend ${backend}`,
    { key: 'composite_tools[0].name', backend: 'files' },
    'choose a name that does not begin with the prefix of a backend',
  ),
  'composite-schema': says(
    ({ key }: Texts<'key'>) => `${key}: must be "object": the arguments of a tool are an object`,
    { key: 'composite_tools[0].input_schema.type' },
    'write "object", or leave it out',
  ),
  'composite-earlier': says(
    ({ key, step, known }: Texts<'key' | 'step' | 'known'>) =>
      `${key}: no earlier step is named ${step}; earlier steps: ${known}`,
    { key: `${steps}[1].arguments_from.id`, step: '"page"', known: '"find"' },
    'refer to a step above this one, by its name',
  ),
  'composite-order': says(
    ({ key }: Texts<'key'>) => `${key}: results of earlier steps need strategy = "sequential"`,
    { key: `${steps}[1].arguments_from.id` },
    'set strategy = "sequential", or refer to /input',
  ),
}
