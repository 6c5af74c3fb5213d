// Every run: what stands in front of the suite, which sets of scenarios it answers, and which list it has to match.
import path from 'node:path'
import type { Outcome } from './outcome.ts'
import { runSuite, type SuiteVersion } from './suite.ts'
import {
  exampleOverStdio,
  neighbour,
  startExample,
  startProxyBefore,
  startProxyBeforeExample,
  type Target,
} from './targets.ts'

interface ScenarioSet {
  readonly version: SuiteVersion
  readonly args: readonly string[]
}

const dated = (revision: string): ScenarioSet => ({
  version: '0.2',
  args: ['--suite', 'all', '--spec-version', revision],
})

export const serverSets = {
  'suite 0.1.16': { version: '0.1', args: ['--suite', 'all'] },
  '2025-06-18': dated('2025-06-18'),
  '2025-11-25': dated('2025-11-25'),
  '2026-07-28': dated('2026-07-28'),
} satisfies Readonly<Record<string, ScenarioSet>>

type SetName = keyof typeof serverSets

/** One set of scenarios of one run; `reference` is what it finds without the proxy. */
export interface Part {
  readonly set: string
  outcome(): Promise<Outcome>
  reference?(): Promise<Outcome>
}

export interface Run {
  readonly name: string
  readonly title: string
  /** The list under `expected/`; several runs may have to match the same one. */
  readonly list?: string
  readonly parts: readonly Part[]
}

const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}

const against =
  (open: () => Promise<Target>, set: SetName): (() => Promise<Outcome>) =>
  async () => {
    const target = await open()
    try {
      const { version, args } = serverSets[set]
      return await runSuite(version, ['server', '--url', target.url, ...args])
    } finally {
      await target.close()
    }
  }

const everySet = Object.keys(serverSets) as SetName[]

const direct = Object.fromEntries(
  everySet.map((set) => [set, once(against(startExample, set))]),
) as Record<SetName, () => Promise<Outcome>>

const through = (
  name: string,
  title: string,
  open: () => Promise<Target>,
  { list = name, sets = everySet }: { list?: string; sets?: readonly SetName[] } = {},
): Run => ({
  name,
  title,
  list,
  parts: sets.map((set) => ({ set, outcome: against(open, set), reference: direct[set] })),
})

const unprefixed = ['test_simple_text']
const bothEras: readonly SetName[] = ['2025-11-25', '2026-07-28']

/** Client scenarios: the suite is the server, and all that it needs to see is done by one client. */
const clientScenarios = [
  'initialize',
  'tools_call',
  'elicitation-sep1034-client-defaults',
  'sse-retry',
  'request-metadata',
  'http-standard-headers',
  'http-custom-headers',
  'http-invalid-tool-headers',
  'sep-2322-client-request-state',
  'json-schema-ref-no-deref',
  'json-schema-2020-12-preservation',
]

const clientScript = (name: string): string =>
  `"${process.execPath}" "${path.join(import.meta.dirname, 'client', name)}"`

/** Two at a time: each of them waits for processes to start. */
const asClient = (script: string) => async (): Promise<Outcome> => {
  const left = [...clientScenarios]
  const outcomes: Outcome[] = []
  const takeNext = async (): Promise<void> => {
    for (let scenario = left.shift(); scenario !== undefined; scenario = left.shift()) {
      const args = ['client', '--command', clientScript(script), '--scenario', scenario]
      outcomes.push(await runSuite('0.2', args))
    }
  }
  await Promise.all([takeNext(), takeNext()])
  return new Map(outcomes.flatMap((outcome) => [...outcome]))
}

const clientAlone = once(asClient('explore.mjs'))

export const runs: readonly Run[] = [
  {
    name: 'direct',
    title: 'the example server and the example client without the proxy',
    parts: [
      ...everySet.map((set) => ({ set, outcome: direct[set] })),
      { set: 'client', outcome: clientAlone },
    ],
  },
  through('t1', 'one backend over HTTP, no prefix', () =>
    startProxyBeforeExample({ prefix: '' }, { tools: unprefixed }),
  ),
  through(
    't1-stdio',
    'one backend over stdio, no prefix',
    () => startProxyBefore([{ ...exampleOverStdio, prefix: '' }], unprefixed),
    { sets: bothEras },
  ),
  through(
    't1-legacy',
    'one backend held to its session era, for clients of that era',
    () => startProxyBeforeExample({ prefix: '', protocol: 'legacy' }, { tools: unprefixed }),
    { sets: ['suite 0.1.16', '2025-11-25'] },
  ),
  through(
    't2',
    'one backend under a prefix',
    () => startProxyBeforeExample({ name: 'ns' }, { tools: ['ns__test_simple_text'] }),
    { sets: bothEras },
  ),
  through(
    't3',
    'the same as t1, and a second backend under a prefix',
    () =>
      startProxyBeforeExample(
        { prefix: '' },
        { others: [neighbour], tools: ['test_simple_text', 'x__echo'] },
      ),
    { list: 't1' },
  ),
  through(
    't4-legacy',
    'a backend held to its session era, for clients of 2026-07-28',
    () => startProxyBeforeExample({ prefix: '', protocol: 'legacy' }, { tools: unprefixed }),
    { sets: ['2026-07-28'] },
  ),
  through(
    't4-modern',
    'a backend held to 2026-07-28, for clients of the session era',
    () => startProxyBeforeExample({ prefix: '', protocol: 'modern' }, { tools: unprefixed }),
    { sets: ['2025-11-25'] },
  ),
  {
    name: 't5',
    title: 'the proxy as the client of the suite',
    list: 't5',
    parts: [{ set: 'client', outcome: asClient('through-proxy.mjs'), reference: clientAlone }],
  },
]
