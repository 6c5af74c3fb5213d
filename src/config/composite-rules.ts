// Rules about composite tools: what they call, how their steps refer to each other, and names that must not collide.
import { quoteList } from '../base/quote.ts'
import { stepsOf, targetPath, type CompositeConfig } from '../composites/composite-config.ts'
import { problemOf } from '../problems/problem.ts'
import { findingAt, type ConfigFinding, type Findings } from './finding.ts'
import type { Config } from './schema.ts'
import { twice } from './shaping-rules.ts'
import { shownBackends } from './shown-backends.ts'

interface Place {
  readonly name: string
  readonly prefix: string
}

const placesOf = ({ backends, proxy }: Config): readonly Place[] =>
  shownBackends(backends).map(({ name, prefix }) => ({
    name,
    prefix: prefix ?? `${name}${proxy.separator}`,
  }))

const targetProblems = (
  composite: CompositeConfig,
  at: number,
  { places, names }: { readonly places: readonly Place[]; readonly names: readonly string[] },
): readonly ConfigFinding[] =>
  stepsOf(composite).flatMap(({ tool }, step) => {
    const isOf = ({ name, prefix }: Place) =>
      tool.startsWith(`${name}/`) || (prefix === '' ? !tool.includes('/') : tool.startsWith(prefix))
    const path = targetPath(composite, at, step)
    const shown = JSON.stringify(tool)
    if (names.includes(tool) || names.some((name) => tool === `proxy/${name}`)) {
      return [
        findingAt(path, (key) =>
          problemOf('config-value', 'composite-nested', { key, tool: shown }),
        ),
      ]
    }
    if (places.some(isOf)) return []
    const backends = quoteList(places.map(({ name }) => name))
    return [
      findingAt(path, (key) =>
        problemOf('config-value', 'composite-target', { key, tool: shown, backends }),
      ),
    ]
  })

const referenceProblems = (composite: CompositeConfig, at: number): readonly ConfigFinding[] => {
  const steps = stepsOf(composite)
  return steps.flatMap(({ from = {} }, index) =>
    Object.entries(from).flatMap(([name, pointer]) => {
      const [, root, step = ''] = pointer.split('/')
      if (root !== 'steps') return []
      const path = ['composite_tools', at, 'steps', index, 'arguments_from', name]
      if (composite.strategy !== 'sequential') {
        return [findingAt(path, (key) => problemOf('config-value', 'composite-order', { key }))]
      }
      const earlier = steps.slice(0, index).map((one) => one.name)
      const wanted = step.replaceAll('~1', '/').replaceAll('~0', '~')
      if (earlier.includes(wanted)) return []
      const values = { step: JSON.stringify(wanted), known: quoteList(earlier) }
      return [
        findingAt(path, (key) =>
          problemOf('config-value', 'composite-earlier', { key, ...values }),
        ),
      ]
    }),
  )
}

const formProblems = (
  { name, tools, steps, input_schema: schema }: CompositeConfig,
  at: number,
  places: readonly Place[],
): readonly ConfigFinding[] => {
  const found: ConfigFinding[] = []
  if ((tools === undefined) === (steps === undefined)) {
    found.push(
      findingAt(['composite_tools', at], (key) =>
        problemOf('config-value', 'composite-steps', { key }),
      ),
    )
  }
  const looks = places.find(({ prefix }) => prefix !== '' && name.startsWith(prefix))
  if (looks !== undefined) {
    found.push(
      findingAt(['composite_tools', at, 'name'], (key) =>
        problemOf('config-value', 'composite-name', { key, backend: looks.name }),
      ),
    )
  }
  if (schema?.['type'] !== undefined && schema['type'] !== 'object') {
    found.push(
      findingAt(['composite_tools', at, 'input_schema', 'type'], (key) =>
        problemOf('config-value', 'composite-schema', { key }),
      ),
    )
  }
  return found
}

export const compositeRules = (config: Config): Findings => {
  const { composite_tools: composites } = config
  const places = placesOf(config)
  const names = composites.map(({ name }) => name)
  return {
    problems: [
      ...twice(names.map((name, at) => ({ path: ['composite_tools', at, 'name'], name }))),
      ...composites.flatMap((composite, at) => [
        ...formProblems(composite, at, places),
        ...twice(
          stepsOf(composite).map(({ name }, step) => ({
            path:
              composite.steps?.[step]?.name === undefined
                ? targetPath(composite, at, step)
                : ['composite_tools', at, 'steps', step, 'name'],
            name,
          })),
        ),
        ...targetProblems(composite, at, { places, names }),
        ...referenceProblems(composite, at),
      ]),
    ],
    warnings: [],
  }
}
